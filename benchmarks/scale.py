"""Large trials: cost of an event on each engine, and peak memory, up to 45,000 participants at 2,000 sites."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path
from typing import Any

COUNTRIES = [
    "AR",
    "AU",
    "BE",
    "BR",
    "CA",
    "CN",
    "CZ",
    "DE",
    "DK",
    "ES",
    "FI",
    "FR",
    "GB",
    "IT",
    "JP",
    "KR",
    "NL",
    "PL",
    "SE",
    "US",
]
SIZES = ((300, 30, 5), (3_000, 300, 20), (15_000, 700, 20), (45_000, 2_000, 20))  # participants, sites, countries
REPLICATIONS = 3
ENGINES = ("simpy", "compiled")

_MEASURE = """
import json, resource, sys, time
from benchmarks.scale import scenario
from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import replicate, replicate_chunk
from sim.scenario.load import scenario_from_mapping

participants, sites, countries, n = map(int, sys.argv[1:])
design = Design(scenario_from_mapping(scenario(participants, sites, countries)))
reducer = Reducer(design)
events = sum(len(replicate(design, 1, i)) for i in range(n))
replicate_chunk(reducer, 1, n, 1)  # loads compiled code, or compiles it
begun, done = time.process_time(), 0
for i in range(n):
    done += replicate_chunk(reducer, 1, i, 1).values[0, reducer.names.index("reached")] == 1
seconds = time.process_time() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([events / n, seconds / events * 1e6, peak, int(done)]))
"""


def scenario(participants: int, sites: int, n_countries: int) -> dict[str, Any]:
    """A trial of many countries, with start-up in steps, screening, visits, dropout and unit costs.

    Args:
        participants: its target.
        sites: sites in all, spread evenly.
        n_countries: countries, at most 20.
    """
    codes = COUNTRIES[:n_countries]
    counts = dict.fromkeys(codes, 0)
    for code in islice(cycle(codes), sites):
        counts[code] += 1
    return {
        "name": f"{participants} participants at {sites} sites",
        "trial": {"target": participants, "enrolment_opens": "2027-01-01", "horizon_months": 60},
        "arms": {"new": {}, "usual": {}},
        "randomisation": {"method": "permuted_blocks", "block_sizes": [4], "stratify_by": ["site"]},
        "site_defaults": {
            "lead_days": 120,
            "start_up": {
                "regulator": {"days": {"dist": "triangular", "low": 45, "mode": 60, "high": 120}, "each": "country"},
                "contract": {"days": {"dist": "gamma", "mean": 90, "cv": 0.5}},
                "initiation": {"days": 21, "after": ["regulator", "contract"]},
            },
            "referrals_per_month": participants / sites / 6,  # a year and a bit of recruitment, whatever the size
            "between_site_cv": 0.7,
        },
        "sites": {f"s_{code}": {"count": n, "country": code} for code, n in counts.items()},
        "countries": {code: {"public_holidays": {"factor": 0.5}} for code in codes},
        "screening": {"failure": 0.3, "consent": 0.8, "days": {"dist": "triangular", "low": 3, "mode": 7, "high": 14}},
        "follow_up": {
            "visit_weeks": [4, 12, 26, 52],
            "primary_endpoint_week": 26,
            "leaving": {"withdrawal": {52: 0.1}},
            "database_lock_days": 45,
        },
        "costs": {"currency": "EUR", "site_activation": 9000, "site_month": 1500, "participant_visit": 500},
    }


def main() -> None:
    """Print a line for each size; each is measured in a process of its own."""
    root = Path(__file__).resolve().parent.parent
    print("| engine | people | sites | countries | events | us an event | of the first | peak memory | complete |")
    for engine in ENGINES:
        first = 0.0
        for size in SIZES:
            arguments = [sys.executable, "-c", _MEASURE, *map(str, size), str(REPLICATIONS)]
            surroundings = os.environ | {"TRIALCLOCK_ENGINE": engine}
            done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=root, env=surroundings)
            events, cost, megabytes, complete = json.loads(done.stdout)
            first = first or cost
            sizes = " | ".join(f"{n:,}" for n in size)
            print(
                f"| {engine} | {sizes} | {events:,.0f} | {cost:.2f} | {cost / first:.2f} | {megabytes:,.0f} MB "
                f"| {complete} of {REPLICATIONS} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

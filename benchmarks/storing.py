"""What a run costs besides simulating: storing a replication, and the time to the first result.

Storing is the time of a whole run in a folder (chunks, tables, curves, summary, manifest; no report) over that of the
same replications simulated and measured, for base and for a small trial. Rounds are interleaved. The time to the first
result is that of the whole command, from nothing to the printed answer.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import sim
from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import replicate_chunk, tasks
from sim.scenario.schema import Scenario

ROUNDS = 5
REPLICATIONS = 960
FIRST = 96  # replications to a first result
SMALL = Path(__file__).parent / "small.yaml"


def simulated(scenario: Scenario) -> float:
    """Seconds to simulate and measure."""
    start = perf_counter()
    reducer = Reducer(Design(scenario))
    for first, n in tasks(REPLICATIONS):
        replicate_chunk(reducer, 1, first, n)
    return perf_counter() - start


def stored(scenario: Scenario) -> float:
    """Seconds to do the same and keep it in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        sim.run(scenario, replications=REPLICATIONS, seed=1, workers=1, out=f"{folder}/run")
        return perf_counter() - start


def first_result(*options: str) -> float:
    """Seconds from the command to its end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "run_sim.py", "run", "base", "--replications", str(FIRST), *options]
        start = perf_counter()
        subprocess.run([*command, "--out", f"{folder}/run"], check=True, capture_output=True)
        return perf_counter() - start


def main() -> None:
    """Measure and print."""
    scenarios = {"base": sim.load_scenario("base"), "a small trial": sim.load_scenario(SMALL)}
    scenarios = {
        name: s.model_copy(update={"experiment": s.experiment.model_copy(update={"keep": 0})})
        for name, s in scenarios.items()
    }
    for scenario in scenarios.values():
        stored(scenario)  # libraries are imported
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in scenarios}
    firsts: dict[str, list[float]] = {"without a report": [], "with its report": []}
    for _ in range(ROUNDS):
        for name, scenario in scenarios.items():
            taken[name].append((simulated(scenario), stored(scenario)))
        firsts["without a report"].append(first_result("--no-report"))
        firsts["with its report"].append(first_result())
    print(f"{'':24}{'simulated, us':>15}{'stored, us more':>17}   a replication")
    for name, times in taken.items():
        alone, more = median(a for a, _ in times), median(b - a for a, b in times)
        print(f"{name:24}{1e6 * alone / REPLICATIONS:15,.0f}{1e6 * more / REPLICATIONS:17,.0f}")
    print()
    for name, seconds in firsts.items():
        print(f"first result, {FIRST} of base, {name}: {median(seconds):.2f} s")


if __name__ == "__main__":
    main()

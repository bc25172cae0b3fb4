"""Kept outputs of a small trial: `python tests/back/renew.py` writes them again.

Their difference under version control is the review of a change of the model: where a line changes, find out why, and
say in the changelog what became of the dates.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCENARIO = HERE / "eventful.yaml"
REPLICATION = 1  # nearly every kind of event happens in it
MADE_TO_ORDER = (
    "cells.source=made_to_order",
    "cells.doses_in_stock_to_randomise=0",
    "randomisation={method: minimisation, stratify_by: [site, severe]}",
    "trial.replace=not_evaluable",
    "trial.target=6",
)
STOPPED = (
    "oversight.stop={severe_reactions: 1, among_first: 8, action: end}",
    "treatment.severe_reaction=0.5",
    "trial.overrun=randomise",
)
CAPPED = (
    "caps={desks: {in_screening: 2, each: site}, severe: {randomised: 4, stratum: {severe: true}}}",
    "trial.target=8",
    "follow_up.primary_completion={events: 5, of: death, last_visits_days: {dist: uniform, low: 2, high: 20}}",
)
PREPARED = (
    "site_defaults.activation_delay_days=0",
    "site_defaults.start_up={regulator: {days: {dist: gamma, mean: 60, cv: 0.3}, each: country}, contract: {days: "
    "{dist: gamma, mean: 50, cv: 0.5}}, initiation: {days: 10, after: [regulator, contract]}}",
    "site_defaults.country=CN",
    "sites.clinic.country=DE",
    "countries={DE: {public_holidays: {factor: 0.5, subdivision: BY}, start_up: {regulator: {days: 90}}}}",
    "risks={new_file: {probability: 1, days: 20, step: regulator, country: CN}, heat_wave: {probability: 1, "
    "days: 14, delays: recruitment, from: 2020-03-01, to: 2020-04-01}}",
    "drift={common: 0.5, by_country: 0.3}",
    "trial.target=9",
)
AMENDED = (
    "amendments={more: {at_month: 3, if_fewer_than: 9, opens: late, after_days: {dist: uniform, low: 5, high: 30}}, "
    "wide: {on: 2020-03-20, drops: [meld, no_thrombosis], in_screening: true, consent: 0.9, referrals_times: 1.5, "
    "costs: {screening: 9, central_month: 20}}, spare: {at_month: 4, if_fewer_than: 2, consent: 0.2}, "
    "steady: {at_randomised: 5, referrals_times: 0.8, groups: clinic}}",
    "sites.late={count: 1, referrals_per_month: 5, opens: null}",
)
LOOKED_AT = (
    "interims={stages: {at_randomised: 4, followed_weeks: 2, takes_days: {dist: uniform, low: 2, high: 9}, "
    "recruitment: pauses_when_randomised, enlarge: 1.0, enlarge_by: 3}, events: {at_events: [1, 3], "
    "of: [death, withdrawal], takes_days: 5, recruitment: pauses_at_look, stop: 0.5}, "
    "cohorts: {every: 5, days_between: 3}}",
)
DELIVERED = (
    "cells.courier={days: {dist: uniform, low: 1, high: 3}, ahead_days: 2, life_hours: 30, failure: 0.2}",
    "arms.third={doses: {weeks: [0, 2], amount: 3, unit: mg/kg}}",
    "randomisation={method: simple, block_sizes: [], stratify_by: []}",
    "follow_up.leaving.death.hazard_ratio.third=0.5",
    "amendments={joins: {at_randomised: 4, opens_arms: third}, ends: {at_randomised: 8, closes_arms: third}}",
)


def _log(*overrides: str) -> str:
    """Events of one replication; days to a tenth of a second, so that the text is the same on every machine."""
    from sim.analysis.tables import event_table
    from sim.core.design import Design
    from sim.experiment.replicate import replicate
    from sim.scenario.load import load_scenario

    design = Design(load_scenario(SCENARIO, overrides))
    rows = replicate(design, design.scenario.experiment.seed, REPLICATION).table()
    frame = event_table(design, REPLICATION, rows).to_pandas().drop(columns="replication")
    frame["day"] = frame["day"].map("{:.6f}".format)
    text: str = frame.to_csv(index=False, lineterminator="\n", float_format="%.7g")
    return text


def _measures() -> str:
    """Every measure of a few replications, a row a measure."""
    import pandas as pd

    from sim.analysis.reduce import Reducer
    from sim.core.design import Design
    from sim.experiment.replicate import replicate_chunk
    from sim.scenario.load import load_scenario

    scenario = load_scenario(SCENARIO)
    reducer = Reducer(Design(scenario))
    chunk = replicate_chunk(reducer, scenario.experiment.seed, 0, scenario.experiment.replications)
    frame = pd.DataFrame(chunk.values.T, index=pd.Index(reducer.names, name="measure"))
    text: str = frame.to_csv(lineterminator="\n", float_format="%.7g")
    return text


KEPT = {
    "events.csv": _log,
    "events-made-to-order.csv": lambda: _log(*MADE_TO_ORDER),
    "events-stopped.csv": lambda: _log(*STOPPED),
    "events-capped.csv": lambda: _log(*CAPPED),
    "events-prepared.csv": lambda: _log(*PREPARED),
    "events-amended.csv": lambda: _log(*AMENDED),
    "events-looked-at.csv": lambda: _log(*LOOKED_AT),
    "events-delivered.csv": lambda: _log(*DELIVERED),
    "measures.csv": _measures,
}


def main() -> None:
    """Write every kept file again."""
    for name, made in KEPT.items():
        path = HERE / name
        new = made()
        changed = not path.exists() or path.read_text(encoding="utf-8") != new
        path.write_text(new, encoding="utf-8")
        sys.stdout.write(f"{name}: {'changed' if changed else 'the same'}\n")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent.parent))
    main()

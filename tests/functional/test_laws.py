"""Laws that need no oracle: what must get better or worse, or stay exactly the same, on the same random numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, Simulated

from sim.core.batch import Batch
from sim.core.design import Design
from sim.scenario.load import canonical, load_scenario, scenario_from_mapping
from sim.scenario.schema import Scenario

N = 64
BASE = ROOT / "scenarios" / "base.yaml"


# A stop, a hold or a replacement hangs on single infusions, and would turn a law into a lottery.
CALM = ["oversight.stop=null", "oversight.hold=null", "trial.replace=never"]


def run(*overrides: str, n: int = N) -> Simulated:
    return Simulated(load_scenario(BASE, [*CALM, *overrides]), n, seed=11)


def last(found: Simulated) -> np.ndarray:
    """Day of the last randomisation, the horizon where it never came."""
    days = found["day_last_randomised"]
    return np.where(np.isnan(days), found.design.horizon_days, days)


@pytest.fixture(scope="module")
def plain() -> Simulated:
    return run()


SHORT_OF_CELLS = ["cells.suites=1", "cells.lots.yield_cells=1.0e+8"]
NEVER_LATER = [
    pytest.param([], ["sites.general_hospital.count=3"], id="one more site"),
    pytest.param([], ["screening.criteria.meld.max=35"], id="a relaxed criterion"),
    pytest.param([], ["screening.criteria.no_artificial_liver=off"], id="a criterion dropped"),
    pytest.param(["screening.consent=0.5"], ["screening.consent=0.7"], id="a higher pass fraction"),
    pytest.param([], ["site_defaults.activation_delay_days=30"], id="faster activation"),
    pytest.param([], ["site_defaults.ramp_up=null"], id="no ramp-up"),
    pytest.param(["site_defaults.never_enrols=0.4"], ["site_defaults.never_enrols=0"], id="no site that never enrols"),
    pytest.param(
        ["oversight.sentinels={participants: 8, days_between: 28, arm: MSC}"],
        ["oversight.sentinels=null"],
        id="no sentinels",
    ),
    pytest.param([], ["oversight.board_review.enrolment_pauses=false"], id="no pause for the board"),
    pytest.param(["cells.suites=1"], ["cells.suites=3"], id="more culture suites"),
    pytest.param(SHORT_OF_CELLS, [*SHORT_OF_CELLS, "cells.stock.start_cells=5.0e+9"], id="more cells"),
    pytest.param(["cells.failure=0.5"], ["cells.failure=0.05"], id="fewer failed lots"),
    pytest.param([], ["screening.deteriorates_per_day=0"], id="nobody worsens"),
    pytest.param(["trial.replace=not_evaluable"], ["trial.replace=never"], id="nobody replaced"),
    pytest.param([], ["calendar.public_holidays=null"], id="no public holidays"),
    pytest.param(
        ["sites.national_liver_centre.referrals_per_month=10"],
        ["sites.national_liver_centre.referrals_per_month=20"],
        id="a higher rate",
    ),
    pytest.param(
        ["site_defaults.coordinators=1", "screening.days=12"],
        ["site_defaults.coordinators=3", "screening.days=12"],
        id="more coordinators",
    ),
]


@pytest.mark.parametrize(("before", "after"), NEVER_LATER)
def test_never_later_in_the_mean(before: list[str], after: list[str], plain: Simulated) -> None:
    """The last randomisation is earlier in the mean, and the law has something to say: it changes many trials."""
    worse = plain if not before else run(*before)
    difference = last(run(*after)) - last(worse)
    assert difference.mean() < 0
    assert np.mean(difference != 0) > 0.2


def test_a_relaxed_criterion_loses_no_patient() -> None:
    """Every patient who passes the chart still passes it when a limit is moved outwards."""
    strict, relaxed = Design(load_scenario(BASE)), Design(load_scenario(BASE, ["screening.criteria.meld.max=35"]))
    for group in strict.groups:
        before = Batch(strict, 11, 0, 20).first_block(group).chart_failed
        after = Batch(relaxed, 11, 0, 20).first_block(group).chart_failed
        assert not np.any((before == 0) & (after != 0))
        assert np.any((before != 0) & (after == 0))
        assert not np.any(after & ~before), "no criterion fails that did not"


def test_a_smaller_target_is_the_beginning_of_a_larger_one() -> None:
    """Until the smaller target is met, the same people are randomised on the same days."""
    small = Simulated(load_scenario(BASE, ["trial.target=20", "trial.replace=never"]), 16, seed=11)
    large = Simulated(load_scenario(BASE, ["trial.target=45", "trial.replace=never"]), 16, seed=11)
    for a, b in zip(small.chunk.randomised_days, large.chunk.randomised_days, strict=True):
        assert np.array_equal(a[:20], b[:20])


def test_a_longer_lock_moves_the_lock_alone() -> None:
    """60 days more for the lock are 60 days more in every trial, and nothing else."""
    short = run("follow_up.database_lock_days=30", n=16)
    long = run("follow_up.database_lock_days=90", n=16)
    assert np.array_equal(last(short), last(long))
    known = ~np.isnan(short["day_database_lock"])
    assert np.allclose((long["day_database_lock"] - short["day_database_lock"])[known], 60.0)


def test_more_deaths_change_no_randomisation() -> None:
    """Without replacement, a higher hazard ratio brings more deaths, and nobody is randomised on another day."""
    path = "follow_up.leaving.death.hazard_ratio.MSC"
    # A death before a first dose would move the board's review, and cells not used would be there for others.
    apart = ["oversight.board_review=null", "cells.doses_in_stock_to_randomise=0"]
    few, many = run(f"{path}=0.5", *apart, n=24), run(f"{path}=1.5", *apart, n=24)
    for a, b in zip(few.chunk.randomised_days, many.chunk.randomised_days, strict=True):
        assert np.array_equal(a, b)
    assert (many["n_left_death"] - few["n_left_death"]).mean() > 2


def test_overrun_randomises_those_in_screening() -> None:
    """Letting people in screening in gives never fewer participants, and the same first ones."""
    turned_away, let_in = run(n=24), run("trial.overrun=randomise", n=24)
    assert np.all(let_in["n_randomised"] >= turned_away["n_randomised"])
    assert np.all(let_in["n_away_target_met"] <= turned_away["n_away_target_met"])
    assert let_in["n_randomised"].sum() > turned_away["n_randomised"].sum()


def test_dates_and_days_agree(base_design: Design) -> None:
    """A day's date begins on that day, and a date's day is on that date."""
    clock = base_design.clock
    for day in (0.0, 0.999, 91.0, 91.5, 1000.25, -30.5):
        when = clock.date_of(day)
        assert clock.day_of(when) <= day < clock.day_of(when) + 1
    assert clock.date_of(0.0) == base_design.scenario.trial.enrolment_opens


def _reordered(data: Any) -> Any:
    """The same mappings with their keys in the opposite order."""
    if isinstance(data, dict):
        return {key: _reordered(data[key]) for key in reversed(list(data))}
    return [_reordered(item) for item in data] if isinstance(data, list) else data


def test_the_order_of_keys_means_nothing(base: Scenario) -> None:
    """A scenario whose file has all keys in the opposite order gives the same events."""
    other = scenario_from_mapping(_reordered(json.loads(canonical(base))))
    assert canonical(other) == canonical(base)
    for replication in (0, 1):
        rows = [Simulated(scenario, 2, seed=3, keep=2).chunk.kept[replication] for scenario in (base, other)]
        assert np.array_equal(rows[0], rows[1])

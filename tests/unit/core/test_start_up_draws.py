"""Ends of steps, worked by hand, and which draws are shared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of

from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.observed import KnownSite, ObservedState
from sim.core.start_up_draws import Ends, StartUps, still_to_come

VARIES = {"dist": "uniform", "low": 10.0, "high": 50.0}


def ends_of(steps: dict[str, Any], n: int = 4, **asked: Any) -> tuple[Ends, Design]:
    """Start-up of two sites of each of two groups in a few replications, of the first group, from day -10 on."""
    sites = {name: {"count": 2, "referrals_per_month": 1.0, "country": "DE"} for name in ("a", "b")}
    design = Design(scenario_of(sites=sites, site_defaults={"start_up": steps}))
    batch = Batch(design, 3, 0, n)
    made = StartUps(batch.streams, batch.replications, 0)
    group = asked.pop("group", "a")
    (network,) = (g.network for g in design.groups if g.name == group)
    asked = {"begins": np.full((2, n), -10.0), "more_days": lambda _step: 0.0, **asked}
    return made.ends(network, group, **asked), design


STEPS: dict[str, Any] = {
    "contract": {"days": 30.0},
    "approval": {"days": 60.0},
    "initiation": {"days": 10.0, "after": "approval"},
}


def test_activation_is_the_end_of_the_longest_way() -> None:
    """From day -10: contract to 20, approval to 50, initiation after it to 60."""
    found, design = ends_of(STEPS)
    by_name = {name: found.ends[design.start_up.index(name)][0, 0] for name in STEPS}
    assert by_name == {"contract": 20.0, "approval": 50.0, "initiation": 60.0}
    assert set(found.activates.ravel()) == {60.0}
    assert {days[0, 0] for days in found.days.values()} == {30.0, 60.0, 10.0}


def test_what_strikes_a_step_makes_it_longer_and_what_is_known_ends_it() -> None:
    """Approval twenty days more: initiation ends on day 80; known to be over by day 5, on day 15."""
    found, design = ends_of(STEPS, more_days=lambda step: 20.0 * (step.name == "approval"))
    assert found.activates[0, 0] == 80.0
    assert found.days[design.start_up.index("approval")][0, 0] == 80.0
    found, _ = ends_of(STEPS, over_by=lambda step: 5.0 if step.name == "approval" else np.inf)
    assert found.ends[design.start_up.index("initiation")][0, 0] == 15.0
    assert found.activates[0, 0] == 20.0


@pytest.mark.parametrize(
    ("each", "n_lengths", "same_group"),
    [("site", 8, False), ("group", 4, True), ("country", 4, True), ("trial", 4, True)],
)
def test_a_shared_step_is_one_draw(each: str, n_lengths: int, same_group: bool) -> None:
    """Two sites in four replications: a draw for each, or one for all; a country's is the other group's too."""
    first, _ = ends_of({"approval": {"days": VARIES, "each": each}})
    other, _ = ends_of({"approval": {"days": VARIES, "each": each}}, group="b")
    assert len(np.unique(first.days[0])) == n_lengths
    assert np.all((first.days[0] >= 10.0) & (first.days[0] <= 50.0))
    assert np.array_equal(first.days[0], other.days[0]) == (each in ("country", "trial"))
    assert np.all(first.days[0][0] == first.days[0][1]) == same_group


def test_further_draws_are_others() -> None:
    first, _ = ends_of({"approval": {"days": VARIES}})
    later, _ = ends_of({"approval": {"days": VARIES}}, draw=1)
    assert not np.isin(later.days[0], first.days[0]).any()


def made(*activates: float) -> Ends:
    """Start-up of four sites in one replication, of one step."""
    days = np.array(activates, float)[:, None]
    return Ends({0: days.copy()}, {0: days + 1000}, days.copy())


def test_in_a_trial_under_way_the_first_draw_after_the_data_holds() -> None:
    """The own draw where it is later; else a further one; else start-up begins at the end of the data; or as known."""
    sites = {("g", 3): KnownSite(activated=7.0)}
    observed = ObservedState(now=100.0, sites=sites)
    own, later = made(150.0, 50.0, 50.0, 50.0), [made(1.0, 60.0, 90.0, 60.0), made(2.0, 120.0, 80.0, 60.0)]
    found = still_to_come(own, later, np.full((4, 1), -10.0), "g", observed, np.full((4, 1), 5.0))
    assert found.activates[:, 0].tolist() == [150.0, 120.0, 160.0, 7.0]
    assert found.ends[0][:3, 0].tolist() == [150.0, 120.0, 160.0]
    assert np.isnan(found.ends[0][3, 0]), "of an open site the steps are not known"
    assert found.days[0][:3, 0].tolist() == [1150.0, 1120.0, 1050.0]


def test_planned_openings_hold_and_a_late_one_is_late() -> None:
    sites = {("g", 0): KnownSite(planned=130.0), ("g", 1): KnownSite(planned=90.0), ("g", 2): KnownSite()}
    observed = ObservedState(now=100.0, sites=sites)
    own = made(150.0, 150.0, 150.0, 150.0)
    found = still_to_come(own, [], np.zeros((4, 1)), "g", observed, np.full((4, 1), 5.0))
    assert found.activates[:, 0].tolist() == [130.0, 105.0, 150.0, 150.0]
    assert np.isnan(found.ends[0][:, 0]).tolist() == [True, True, False, False]

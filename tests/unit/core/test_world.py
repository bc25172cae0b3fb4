"""What every process is given: the clock, the log, and draws at places of their own."""

from __future__ import annotations

import numpy as np
import pytest
from small_world import happened, someone, world_of

from sim.core import events
from sim.core.people import DRAWS_A_ROW
from sim.core.streams import BLOCK
from sim.core.tables import CENTRAL, Constant

UNCERTAIN = {"uncertain": "uniform", "low": 2.0, "high": 4.0}
VARIES = {"dist": "uniform", "low": 2.0, "high": 4.0}


def test_an_event_is_written_with_the_time_at_which_it_happens() -> None:
    """What is not said of it is nobody, nowhere, nothing."""
    world = world_of()
    world.env.call_at(3.5, lambda: world.record(events.PAUSED, code=2))
    world.env.call_at(4.0, lambda: world.record(events.DOSE_GIVEN, 1, 2, 3, amount=5.5))
    world.env.run_to_end()
    assert world.log.rows == [(3.5, events.PAUSED, -1, -1, 0, 2, 0.0), (4.0, events.DOSE_GIVEN, 1, 2, 3, 0, 5.5)]


def test_what_happens_after_the_log_was_handed_over_is_not_in_it() -> None:
    world = world_of()
    world.record(events.PAUSED)
    log = world.hand_over()
    world.record(events.RESUMED)
    assert [row[1] for row in log.rows] == [events.PAUSED]
    assert [entry.kind for entry in happened(world)] == ["enrolment.resumed"]


def test_values_of_one_replication() -> None:
    """An uncertain number is this replication's draw; a probability that varies counts by its mean."""
    world = world_of(
        replication=3, screening={"window_days": UNCERTAIN, "consent": {**VARIES, "low": 0.2, "high": 0.4}}
    )
    rules = world.scenario.screening
    assert world.number("screening.window_days", rules.window_days) == world.unknowns.values["screening.window_days"]
    assert world.number("x", 3) == 3.0
    assert world.probability("screening.consent", rules.consent) == pytest.approx(0.3)
    assert world.probability("x", 0.5) == 0.5


def test_a_column_is_where_its_draws_stand_or_a_constant() -> None:
    world = world_of(screening={"days": VARIES, "patience_days": 6.0})
    values = [10.0, 11.0, 12.0]
    assert list(world.design.columns) == ["screening.deteriorates", "screening.days", "screening.days.again"]
    assert world.column("screening.days.again", "screening.days", None)(values) == 12.0
    assert world.column("screening.patience_days", "screening.patience_days", 6.0)(values) == 6.0


def test_a_table_has_its_values_by_count_and_place() -> None:
    """A constant, what varies alike in all replications, and what varies with something uncertain."""
    lots = {
        "culture_days": {**VARIES, "high": {**UNCERTAIN, "low": 4.0, "high": 6.0}},
        "yield_cells": VARIES,
    }
    world = world_of(replication=2, cells={"source": "bank", "lots": lots, "release_days": 8.0})
    rules = world.scenario.cells
    assert rules is not None
    assert isinstance(world.table("cells.release_days", rules.release_days), Constant)
    streams, high = world.batch.streams, world.unknowns.values["cells.lots.culture_days.high"]
    for path, value, width in (
        ("cells.lots.yield_cells", rules.lots.yield_cells, 2.0),
        ("cells.lots.culture_days", rules.lots.culture_days, high - 2.0),
    ):
        table = world.table(path, value)
        for n in (0, BLOCK + 1):
            u = streams.block(path, "", 1, n // BLOCK, 2, 1)[0, 0, n % BLOCK]
            assert table.at(CENTRAL, n) == pytest.approx(2.0 + width * u, rel=1e-7)
    u = streams.block("failure", "", 1, 0, 2, 1)[0, 0, 7]
    assert world.uniform_table("failure").at(CENTRAL, 7) == u


def test_draws_of_a_participant_belong_to_their_weeks() -> None:
    """A week added in between, of whole weeks, of parts of weeks and beyond two years, moves no other."""

    def draws(weeks: list[float]) -> dict[float, list[float]]:
        world = world_of(follow_up={"visit_weeks": weeks, "primary_endpoint_week": weeks[0]})
        found = world.participant_draws(someone(world))
        assert found.shape == (len(weeks), DRAWS_A_ROW)
        return {week: found[row].tolist() for week, row in world.design.row_of_week.items()}

    few, more = draws([4.0, 104.0, 130.0]), draws([2.0, 4.0, 4.5, 104.0, 105.0, 130.0])
    assert all(more[week] == numbers for week, numbers in few.items())
    assert len(np.unique(np.concatenate(list(more.values())))) == 6 * DRAWS_A_ROW


def test_one_number_for_the_whole_replication() -> None:
    world = world_of(replication=5)
    assert world.single("lock") == world.batch.streams.trial("lock", "", 0, 6)[5]
    assert world.single("lock", "a") != world.single("lock")


def test_what_varies_is_a_function_of_a_uniform_number() -> None:
    world = world_of(follow_up={"visit_weeks": [4], "primary_endpoint_week": 4, "database_lock_days": VARIES})
    rules = world.scenario.follow_up
    assert rules is not None
    days = world.varying("follow_up.database_lock_days", rules.database_lock_days)
    assert [days(u) for u in (0.25, 0.75)] == [2.5, 3.5]
    assert [world.varying("x", 6.0)(u) for u in (0.1, 0.9)] == [6.0, 6.0]


def test_a_trial_that_never_starts_has_no_day_of_starting() -> None:
    assert world_of(trial={"start": {"never": 1.0}}).starts is None
    assert world_of(trial={"start": {"late": 1.0, "late_days": 9.0}}).starts == 9.0
    assert world_of().starts == 0.0
    assert world_of().known_until == -float("inf")

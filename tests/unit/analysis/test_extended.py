"""What measures of extensions may look at, and what they must say."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import scenario_of
from small_world import log_of

from sim.analysis.extended import HappenedSeen, measured_by_extensions
from sim.analysis.index import EventIndex
from sim.core import events as e
from sim.core.design import Design
from sim.errors import InputError
from sim.extension import Measure

DESIGN = Design(scenario_of())
LOG = log_of(
    (1.0, e.CONSENT_GIVEN, 0, 0, 1),
    (3.0, e.SCREENING_STARTED, 0, 0, 1),
    (4.0, e.CONSENT_GIVEN, 0, 1, 1),
    visits=((9.0, e.VISIT_DONE, 0, 0, 4),),
)


def test_days_stays_and_rows_of_what_happened() -> None:
    happened = HappenedSeen(DESIGN, EventIndex(LOG))
    assert happened.horizon_days == DESIGN.horizon_days
    assert happened.days("consent.given").tolist() == [1.0, 4.0]
    assert happened.stays("consent.given", "screening.started").tolist() == [[1.0, 3.0]]
    assert happened.table("visit.done")[:, e.NUMBER].tolist() == [4.0]
    with pytest.raises(KeyError, match=r"consent\.given"):
        happened.days("consent.givn")
    with pytest.raises(ValueError, match="look at table"):
        happened.stays("consent.given", "visit.done")


def measured(says: Any) -> dict[str, float]:
    """An extension with a count and a number of days that says this."""
    declared = {"n": Measure("A count.", "count"), "days": Measure("Days.", "days")}
    kind = type("Kind", (), {"measures": declared, "measure": lambda _self, _happened: says})
    silent = type("Silent", (), {"measures": {}})
    made: Any = SimpleNamespace(
        horizon_days=1.0,
        kinds=DESIGN.kinds,
        extensions=[SimpleNamespace(name="mine", kind=kind), SimpleNamespace(name="silent", kind=silent)],
    )
    return {name: values.item() for name, values in measured_by_extensions(made, EventIndex(LOG)).items()}


def test_measures_stand_under_the_extension_s_name() -> None:
    found = measured({"days": math.nan, "n": 3})
    assert found["mine.n"] == 3.0
    assert math.isnan(found["mine.days"])
    assert len(found) == 2


@pytest.mark.parametrize(
    "says",
    [
        {"n": 3},
        {"n": 3, "days": 1, "more": 2},
        5,
        {"n": 2.5, "days": 1},
        {"n": 3, "days": math.inf},
        {"n": "x", "days": 1},
    ],
)
def test_what_it_must_say_is_asked_of_it(says: Any) -> None:
    with pytest.raises(InputError, match=r"extensions\.mine"):
        measured(says)

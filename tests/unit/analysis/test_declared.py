"""Measures that are a function each."""

from __future__ import annotations

import math

from conftest import scenario_of
from small_world import log_of

from sim.analysis.declared import DECLARED
from sim.analysis.index import EventIndex
from sim.analysis.measures import measures
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import Log

DESIGN = Design(scenario_of())


def value(name: str, log: Log) -> float:
    (measure,) = (measure for measure in DECLARED if measure.name == name)
    return measure.work_out(DESIGN, EventIndex(log))


def test_each_is_a_column_with_its_unit_and_meaning() -> None:
    by_name = {measure.name: measure for measure in measures(DESIGN)}
    for declared in DECLARED:
        assert (by_name[declared.name].unit, by_name[declared.name].meaning) == (declared.unit, declared.meaning)
        assert declared.section


def test_days_from_the_first_consent_to_randomisation() -> None:
    """Nine and five: a second consent of the first does not count, nor somebody whose consent is not known."""
    log = log_of(
        (1.0, e.CONSENT_GIVEN, 0, 0, 1),
        (4.0, e.CONSENT_GIVEN, 0, 0, 2),
        (5.0, e.CONSENT_GIVEN, 0, 1, 1),
        (6.0, e.CONSENT_GIVEN, 0, 2, 1),
        (10.0, e.RANDOMISED, 0, 0, 1),
        (10.0, e.RANDOMISED, 0, 1, 2),
        (11.0, e.RANDOMISED, 1, 0, 3),
    )
    assert value("consent_to_randomisation_days", log) == 7.0
    assert math.isnan(value("consent_to_randomisation_days", Log()))
    assert math.isnan(value("consent_to_randomisation_days", log_of((11.0, e.RANDOMISED, 1, 0, 3))))

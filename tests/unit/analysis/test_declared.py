"""Measures that are a function each."""

from __future__ import annotations

import math

import numpy as np
from conftest import Simulated, scenario_of
from small_world import log_of

from sim.analysis.declared import DECLARED, declared
from sim.analysis.dictionary import FILES
from sim.analysis.index import EventIndex
from sim.analysis.measures import measures
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import Log
from sim.report.run.figures.measured import name
from sim.report.run.page import SECTIONS

DESIGN = Design(scenario_of())


def value(name: str, log: Log) -> float:
    (measure,) = (measure for measure in DECLARED if measure.name == name)
    (found,) = np.asarray(measure.work_out(DESIGN, EventIndex(log))).tolist()
    return float(found)


def test_each_is_a_column_with_its_unit_and_meaning() -> None:
    by_name = {measure.name: measure for measure in measures(DESIGN)}
    for entry in DECLARED:
        assert (by_name[entry.name].unit, by_name[entry.name].meaning) == (entry.unit, entry.meaning)


def test_each_has_its_place_in_the_report() -> None:
    """Its section is one of the report's, and shows the table of such measures."""
    exhibits = {section.name: section.exhibits for section in SECTIONS}
    for entry in DECLARED:
        assert name(entry.section) in exhibits[entry.section]


def test_the_decorator_is_all_that_is_asked() -> None:
    """A function with it is a measure, a column of the reference, and computed."""
    before = len(DECLARED)
    declared("n_seven", "count", "Always seven", "who")(lambda _design, _index: 7)
    try:
        assert "n_seven" in [measure.name for measure in measures(DESIGN)]
        assert any("n_seven" in [column.name for column in file.columns(DESIGN)] for file in FILES)
        assert Simulated(scenario_of(trial={"target": 2}), 3)["n_seven"].tolist() == [7, 7, 7]
    finally:
        del DECLARED[before:]


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
    one = log_of((1.0, e.CONSENT_GIVEN, 0, 0, 1), (4.0, e.RANDOMISED, 0, 0, 1))
    assert value("consent_to_randomisation_days", one) == 3.0
    assert math.isnan(value("consent_to_randomisation_days", Log()))
    assert math.isnan(value("consent_to_randomisation_days", log_of((11.0, e.RANDOMISED, 1, 0, 3))))

"""What a sweep suggests: the value as it is, with others beside it that the scenario can be read with."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sim.experiment.sweep.points import GRID, LATIN_HYPERCUBE, make_points, parse_factors
from sim.experiment.sweep.suggestions import suggested
from sim.scenario.described import described
from sim.scenario.load import Loaded, load


@pytest.fixture(scope="module")
def base() -> Loaded:
    return load("base")


KINDS: list[tuple[str, Any, str, str]] = [
    ("sites.general_hospital.count", 2, "1,2,3", "1..3"),
    ("site_defaults.coordinators", 1, "1,2,3", "1..3"),  # zero is refused
    ("trial.target", 45, "25,45,65", "25..65"),
    ("site_defaults.lead_days", 150.0, "100,150,200", "100.0..200.0"),
    ("site_defaults.never_enrols", 0, "0,0.1,0.2", "0.0..0.2"),
    ("cells.failure.mean", 0.95, "0.35,0.65,0.95", "0.35..0.95"),  # 1.25 is no probability
    ("follow_up.leaving.death.SMT.24", 0.44, "0.43,0.44,0.45", "0.43..0.45"),  # must lie between its neighbours
    ("treatment.weekdays_only", True, "true,off", "true,off"),
    ("trial.overrun", "turn_away", "turn_away,randomise", "turn_away,randomise"),
    ("trial.enrolment_opens", "2019-10-01", "2019-10-01,2019-12-31,2020-03-31", "2019-10-01..2020-03-31"),
    ("sites.general_hospital.opens", None, "as-is,2019-12-31,2020-03-31", "as-is,2019-12-31,2020-03-31"),
    ("screening.criteria.no_hcc", {"attribute": "hcc"}, "as-is,off", "as-is,off"),
    ("sites.general_hospital.coordinators", None, "as-is", "as-is"),
]


@pytest.mark.parametrize(("path", "value", "values", "ends"), KINDS, ids=[kind[0] for kind in KINDS])
def test_a_suggestion_is_written_as_it_is_read(path: str, value: Any, values: str, ends: str, base: Loaded) -> None:
    for design, text in ((GRID, values), (LATIN_HYPERCUBE, ends)):
        factor = suggested(base, path, value, described(path), design)
        assert factor.written == text
        if len(factor.values) != 1:
            again = parse_factors([f"{path}={factor.written}"], design, base)
            assert again == [factor]
            make_points(base, again, design, None if design == GRID else 3, 1)


def test_a_date_is_kept_as_one(base: Loaded) -> None:
    path = "trial.enrolment_opens"
    assert suggested(base, path, "2019-10-01", described(path), GRID).values[0] == date(2019, 10, 1)

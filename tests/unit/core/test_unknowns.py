"""What is uncertain has a path, one draw a replication, and decides what is drawn with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of

from sim.core.streams import Streams
from sim.core.unknowns import Known, Unknowns, draw_unknowns, uncertain_values
from sim.scenario.distributions import FAMILIES, Family

UNCERTAIN = {"uncertain": "uniform", "low": 2.0, "high": 4.0}
VARIES = {"dist": "uniform", "low": 1.0, "high": UNCERTAIN}


def family(keyword: str, **parameters: Any) -> Family:
    return FAMILIES[keyword].model_validate({"dist": keyword, **parameters})


SCENARIO = scenario_of(
    sites={"s": {"referrals_per_month": UNCERTAIN}},
    screening={"days": VARIES},
    calendar={"periods": {"p": {"from": "01-01", "to": "02-01", "factor": UNCERTAIN}}},
    follow_up={
        "visit_weeks": [4],
        "primary_endpoint_week": 4,
        "leaving": {"lost": {4: {**UNCERTAIN, "low": 0.1, "high": 0.2}}},
    },
)


def test_uncertain_values_go_by_their_paths_in_order() -> None:
    """Also parameters of what varies, weeks of a curve, and keys that stand under another name in Python."""
    assert list(uncertain_values(SCENARIO)) == [
        "calendar.periods.p.factor",
        "follow_up.leaving.lost.cumulative.all.4",
        "screening.days.high",
        "sites.s.referrals_per_month",
    ]
    assert uncertain_values(scenario_of()) == {}


def test_a_draw_belongs_to_its_path_and_replication() -> None:
    """The replications of a batch are those of any other; a probability that is given is used as it is."""
    families, streams = uncertain_values(SCENARIO), Streams(3)
    drawn = draw_unknowns(families, streams, 0, 4)
    assert all(values.shape == (4,) for values in drawn.values())
    later = draw_unknowns(families, streams, 2, 2)
    assert all(np.array_equal(later[path], values[2:]) for path, values in drawn.items())
    alone = draw_unknowns({"screening.days.high": families["screening.days.high"]}, streams, 0, 4)
    assert np.array_equal(alone["screening.days.high"], drawn["screening.days.high"])
    given = draw_unknowns(families, streams, 0, 4, {"screening.days.high": 0.25})
    assert given["screening.days.high"].tolist() == [2.5] * 4
    assert np.array_equal(given["sites.s.referrals_per_month"], drawn["sites.s.referrals_per_month"])


def test_values_are_resolved_with_what_is_uncertain() -> None:
    """A number is itself, what is uncertain its draw, and what varies has no number but a mean and quantiles."""
    unknowns = Unknowns({"x.high": 3.0, "y": 7.0}, Known())
    varies = SCENARIO.screening.days
    assert isinstance(varies, Family)
    assert unknowns.number("z", 5) == 5.0
    assert unknowns.number("y", varies.parameters()["high"]) == 7.0
    assert unknowns.number("x", varies) is None
    assert unknowns.average("z", 5) == 5.0
    assert unknowns.average("x", varies) == pytest.approx(2.0)
    assert unknowns.quantile("x", varies)(np.array([0.5])).tolist() == [2.0]
    assert unknowns.scalar_quantile("x", varies)(0.25) == 1.5


def test_only_what_nothing_changes_is_kept_for_other_replications() -> None:
    """A quantile function with an uncertain parameter is of one replication."""
    known = Known()
    varies, fixed = SCENARIO.screening.days, family("uniform", low=0.0, high=10.0)
    assert isinstance(varies, Family)
    for high in (3.0, 5.0):
        unknowns = Unknowns({"x.high": high}, known)
        assert unknowns.quantile("x", varies)(np.array([0.5])).tolist() == [(1 + high) / 2]
        assert unknowns.scalar_quantile("x", varies)(0.5) == (1 + high) / 2
        assert unknowns.average("x", varies) == pytest.approx((1 + high) / 2)
        assert not unknowns.is_same_in_all("x")
        assert unknowns.quantile("f", fixed) is unknowns.quantile("f", fixed)
        assert unknowns.scalar_quantile("f", fixed) is unknowns.scalar_quantile("f", fixed)
        assert unknowns.average("f", fixed) == pytest.approx(5.0)
        assert unknowns.is_same_in_all("f")
    assert list(known.quantiles) == list(known.scalar_quantiles) == list(known.means) == ["f"]

"""Scores, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.scores import meld, meld_with_floors, pta_percent


@pytest.mark.parametrize(
    ("bilirubin_mg_dl", "inr", "creatinine_mg_dl", "score", "with_floors"),
    [
        (2.0, 1.5, 1.5, 17, 17),  # 10 (0.957 x 0.4055 + 0.378 x 0.6931 + 1.120 x 0.4055 + 0.643) = 17.47
        (20.0, 2.0, 1.0, 26, 26),
        (20.0, 2.0, 0.5, 19, 26),  # creatinine below 1 counts as 1
        (0.5, 0.8, 1.0, 1, 6),
        (10.0, 1.2, 8.0, 37, 30),  # creatinine above 4 counts as 4
    ],
)
def test_meld(bilirubin_mg_dl: float, inr: float, creatinine_mg_dl: float, score: int, with_floors: int) -> None:
    """Worked by hand from the record's formula, times ten, in mg/dL."""
    values = [np.array([bilirubin_mg_dl * 17.1]), np.array([inr]), np.array([creatinine_mg_dl * 88.4])]
    assert meld(*values)[0] == score
    assert meld_with_floors(*values)[0] == with_floors


def test_prothrombin_activity_follows_from_inr() -> None:
    """100 / INR^1.4: 100 % at INR 1, and below 40 % above 1.92."""
    assert pta_percent(np.array([1.0]))[0] == 100.0
    assert pta_percent(np.array([1.5, 2.0])) == pytest.approx([100 / 1.5**1.4, 100 / 2**1.4], rel=1e-6)
    assert pta_percent(np.array([1.93]))[0] < 40 < pta_percent(np.array([1.92]))[0]


def test_a_value_that_underflows_to_0_is_a_score_and_no_warning() -> None:
    zero, one = np.zeros(1), np.ones(1)
    assert np.isfinite(meld(zero, one, one)).all()
    assert np.isfinite(pta_percent(zero + 1e-320)).all()

"""The frozen configuration is a whole one."""

from __future__ import annotations

import pytest

from sim.forecast.rate.settings import KINDS, SETTINGS, YEAR_END


def test_kinds_share_all_futures() -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1.0)
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert SETTINGS.kinds == KINDS
    for kind in KINDS:
        assert all(drift > 0 for drift in kind.drifts)
        assert all(size > 0 for size in kind.dispersions)


def test_the_days_around_new_year_span_it() -> None:
    first, last = YEAR_END
    assert first > last, "from December to January"

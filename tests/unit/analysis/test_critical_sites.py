"""On which site each milestone hung, where that is told by referrals that ended on the day."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import scenario_of
from small_world import log_of

from sim.analysis.critical_sites import CriticalReducer, critical_names
from sim.analysis.logs import Logs
from sim.analysis.measures import MILESTONES, PATH_MILESTONES, STEPS
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import EndedAtOnce, Log


def reduced(log: Log) -> dict[str, float]:
    design = Design(scenario_of(sites={"s": {"count": 3, "referrals_per_month": 1.0}}))
    reducer = CriticalReducer(design)
    return dict(zip(reducer.names, reducer(Logs.of(log), [{}]).measures[0].tolist(), strict=True))


def refused(*referrals: tuple[int, float]) -> EndedAtOnce:
    site, time = (np.array(column) for column in zip(*referrals, strict=True))
    none = np.zeros(len(referrals), dtype=np.int64)
    return EndedAtOnce(site, time.astype(float), none, none + e.CONSENT_REFUSED, none, none)


@pytest.mark.parametrize(
    ("ended", "site"), [([], 2.0), ([(1, 4.0)], 1.0), ([(1, 6.0)], 2.0), ([(0, 4.5), (1, 4.0)], 1.0)]
)
def test_the_first_referral_may_have_ended_on_the_day(ended: list[tuple[int, float]], site: float) -> None:
    """Whoever came first, whether they were dealt with or not."""
    log = log_of((5.0, e.REFERRED, 2, 0), (9.0, e.TRIAL_ENDED))
    if ended:
        log.ended_at_once = refused(*ended)
    assert reduced(log)["critical_first_referral_site"] == site


def test_where_nothing_happened_nothing_was_critical() -> None:
    found = reduced(log_of((9.0, e.TRIAL_ENDED)))
    critical = [name for name in found if name.startswith("critical_")]
    assert len(critical) == 1 + 2 * len(MILESTONES)
    assert all(math.isnan(found[name]) for name in critical)


def test_names_are_those_of_sites_participants_and_paths() -> None:
    names = critical_names()
    assert len(names) == len(set(names)) == 1 + 2 * len(MILESTONES) + len(PATH_MILESTONES) * len(STEPS)

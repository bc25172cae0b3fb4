"""What a scenario expects of its sites before any data: rates, openings, and the share of referrals randomised.

It is the prior from which the rates of a young trial are learnt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.core.batch import Batch
from sim.core.design import Design, GroupDesign
from sim.core.observed import SiteKey
from sim.core.quantiles import expected, quantile
from sim.forecast.continued.futures import plan_in_short
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]

_GRID = 4001  # number of points at which a quantile function is averaged
_OPENINGS = 192


@dataclass(frozen=True)
class PlannedSite:
    """What the scenario says of a site of a group.

    Attributes:
        mean: referrals per month at full rate.
        cv: coefficient of variation (sd / mean) of that rate, for a site without data.
        shared_cv: the part of it that all sites of the group share.
    """

    mean: float
    cv: float
    shared_cv: float


def _moments(value: object) -> tuple[float, float]:
    """Mean and mean square."""
    if not isinstance(value, Family):
        number = float(value)  # type: ignore[arg-type]
        return number, number * number
    if value.uncertain_parameters():
        mean = float(
            expected(value, {name: _moments(p)[0] for name, p in value.parameters().items() if isinstance(p, Family)})
        )
        return mean, mean * mean
    draws = quantile(value)((np.arange(_GRID) + 0.5) / _GRID)
    mean = float(expected(value))
    return mean, mean * mean + float(draws.var())


def planned_site(group: GroupDesign) -> PlannedSite:
    """Return what a scenario says of a site of a group, before any data.

    Args:
        group: the group of the design; all its sites are alike before any data.

    Returns:
        Mean referrals a month, counting sites that never enrol; the coefficient of variation between sites; and the
        part of it that all sites share, 0 unless the rate is uncertain.
    """
    settings = group.settings
    mean, square = _moments(settings.referrals_per_month)
    never, _ = _moments(settings.never_enrols)
    between, _ = _moments(settings.between_site_cv)
    shared = square / mean**2 - 1 if mean > 0 and isinstance(settings.referrals_per_month, Family) else 0.0
    is_shared = isinstance(settings.referrals_per_month, Family) and settings.referrals_per_month.is_uncertain
    total = (1 + max(shared, 0.0)) * (1 + between**2) / max(1 - never, 1e-6) - 1
    return PlannedSite(
        mean * (1 - never), float(np.sqrt(max(total, 0.0))), float(np.sqrt(max(shared, 0.0))) if is_shared else 0.0
    )


def planned_openings(design: Design, seed: int) -> dict[SiteKey, float]:
    """Simulate start-up as planned.

    Args:
        design: the scenario, made ready.
        seed: seed of the random numbers.

    Returns:
        Median day of activation of every site, since day 0.
    """
    batch = Batch(design, seed, 0, _OPENINGS)
    found: dict[SiteKey, float] = {}
    for group in design.groups:
        activates = np.median(batch.sites(group)[1], axis=1) if group.count else np.zeros(0)
        found |= {(group.name, row): float(day) for row, day in enumerate(activates)}
    return found


def share_randomised(design: Design, seed: int) -> float:
    """Compute the share of referred people who are randomised, by simulating the plan.

    People turned away by a cap or by the end of the trial are not counted.

    Args:
        design: the scenario, made ready.
        seed: seed of the random numbers.

    Returns:
        The share, above 0.
    """
    plan = plan_in_short(design.scenario, seed)

    def total(name: str) -> float:
        return float(np.nansum(plan.measure(name)))

    away = sum(total(f"n_away_{reason}") for reason in ("target_met", "completed", "cap"))
    referred = total("n_referred") - away - total("n_inside")
    return min(max(total("n_randomised") / referred, 1e-6), 1.0) if referred > 0 else 1.0

"""Observed trials of which only days and sites are known, for tests."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from sim.exchange.observed import NO_SITE, ObservedTrial, People, SiteRecord, nobody

FIRST = date(2023, 1, 2)


def trial_with(days: np.ndarray, sites: int = 0, **more: object) -> ObservedTrial:
    """Randomisations on days, at sites that open one after another where there are any."""
    columns = nobody(len(days))
    columns["randomised"] = np.sort(np.asarray(days, float))
    columns["site"] = np.arange(len(days)) * sites // len(days) if sites else np.full(len(days), NO_SITE)
    names = tuple(SiteRecord(f"site {k}") for k in range(sites))
    last = FIRST + timedelta(days=int(days.max()))
    known = {"sites": names, "has_sites": bool(sites)} | more
    return ObservedTrial("made", "made.csv", FIRST, last, People(**columns), **known)  # type: ignore[arg-type]


EVERY_TWO = np.arange(50) * 2.0 + 0.5
WITH_GAP = np.concatenate([np.arange(25) * 2.0, 110 + np.arange(25) * 2.0]) + 0.5

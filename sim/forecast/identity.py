"""What makes two forecasts the same forecast: the data, the question and the program that forecasts.

A forecast in a folder is used again if nothing of these changed, and refused if the folder has another one.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sim.exchange.observed import ObservedTrial
from sim.experiment.program import program_fingerprint, sources_fingerprint
from sim.forecast.rate.settings import SETTINGS

_FORECASTING = ("exchange", "forecast")


@lru_cache(maxsize=1)
def forecast_fingerprint() -> str:
    """Return a shortened SHA-256 of the source of everything that reads data and forecasts."""
    text = f"{program_fingerprint()} {sources_fingerprint(_FORECASTING)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def data_hash(trial: ObservedTrial) -> str:
    """Hash what is known of a trial.

    Args:
        trial: the data.

    Returns:
        A shortened SHA-256. The same facts from another form of file can have another hash.
    """
    digest = hashlib.sha256(f"{trial.first} {trial.last} {trial.resolution_days} {trial.has_calendar}".encode())
    people = trial.people
    for column in (people.screened, people.randomised, people.ended, people.site.astype(float)):
        digest.update(column.tobytes())
    for column in (people.status, people.way_out, people.arm, people.ids):
        digest.update("\x1f".join(str(item) for item in column).encode())
    digest.update(repr((trial.sites, trial.closed_periods, trial.ends, trial.sites_a_month)).encode())
    return digest.hexdigest()[:16]


def learnt_hash(trial: ObservedTrial) -> str:
    """Identify the data that a fit learns from: without announced ends, closings and openings to come.

    Args:
        trial: the data.

    Returns:
        A hash as of `data_hash`.
    """
    sites = tuple(replace(site, closing=None) for site in trial.sites)
    return data_hash(replace(trial, sites=sites, ends=None, sites_a_month=None))


def forecast_identity(kind: str, **asked: Any) -> dict[str, Any]:
    """Collect everything that decides the bytes of a forecast.

    Args:
        kind: the command.
        asked: the hash of the data, and everything else that was asked.

    Returns:
        A mapping for `AnswerFolder`.
    """
    return {
        "kind": kind,
        "program": forecast_fingerprint(),
        "seed": SETTINGS.seed,
        **asked,
    }

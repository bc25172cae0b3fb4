"""Logs of people written down in a test, and what is read from them."""

from __future__ import annotations

from sim.exchange.observed import FAILED, IN_SCREENING, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import Said, status_from
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.read import table_of


def table_from(text: str, name: str = "log.csv") -> RawTable:
    return table_of(text.encode(), name)


def read_people(text: str, **said: object) -> ObservedTrial:
    if isinstance(said.get("status"), str):
        said["status"] = status_from(said["status"])  # type: ignore[arg-type]
    return observed_from([table_from(text)], said=Said(**said))  # type: ignore[arg-type]


def n_by_outcome(trial: ObservedTrial) -> tuple[int, int, int]:
    """(randomised, in screening, failed)."""
    status = trial.people.status
    return trial.n_randomised, int((status == IN_SCREENING).sum()), int((status == FAILED).sum())

"""Spending over time: the cost of each month of a simulated trial, from its events. The months sum to the total."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis import intervals
from sim.analysis.costs import Prices, own_prices, site_stretches
from sim.analysis.index import EventIndex
from sim.analysis.summary import columns_of
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import KIND, SITE, TIME, Log

Array = npt.NDArray[np.float64]

_VISITS = (events.VISIT_DONE, events.VISIT_MISSED)


def log_of(rows: Array) -> Log:
    """Rebuild a log from a table of events.

    Args:
        rows: (n, WIDTH) all events of a trial, in order of time.
    """
    are_visits = np.isin(rows[:, KIND], _VISITS)
    return Log(list(map(tuple, rows[~are_visits].tolist())), visits=rows[are_visits])


def spending(rows: Array, design: Design, values: dict[str, float]) -> Array:
    """Cost of each month of a trial.

    Args:
        rows: (n, WIDTH) all events of the trial, in order of time.
        design: the scenario, made ready; it has costs.
        values: measures of the trial, including uncertain values.

    Returns:
        (months,) costs from day 0 on; the first month includes everything spent before day 0.
    """
    index, unit, end = EventIndex(log_of(rows)), design.scenario.costs, values["day_end"]
    assert unit is not None
    price, n = Prices(values, design, index), max(math.ceil(end / MONTH_DAYS), 1)
    edges: Array = np.arange(1.0, n + 1.0) * MONTH_DAYS
    found = np.zeros(n)

    def pay(times: Array, amounts: Array) -> None:
        months = np.clip(np.floor(times / MONTH_DAYS), 0, n - 1).astype(np.int64)
        found[:] += np.bincount(months, amounts, n)

    done = index.log.visits[index.log.visits[:, KIND] == events.VISIT_DONE]
    for name, paid in (
        ("site_activation", index.of(events.SITE_ACTIVATED)),
        ("screening", index.of(events.SCREENING_STARTED)),
        ("participant_visit", done),
        ("lot", index.of(events.LOT_STARTED)),
        ("dose", index.of(events.DOSE_STARTED)),
    ):
        own = np.array([math.nan if mine is None else mine for mine in own_prices(values, design, name)])
        amounts = price.at(name, paid[:, TIME])
        if name not in ("lot", "dose"):
            mine = own[paid[:, SITE].astype(np.int64)]
            amounts = np.where(np.isnan(mine), amounts, mine)
        pay(paid[:, TIME], amounts)
    months_of, visits_of = own_prices(values, design, "site_month"), own_prices(values, design, "monitoring_visit")
    activated = index.of(events.SITE_ACTIVATED)[:, SITE].astype(int).tolist()
    for site, stretches in zip(activated, site_stretches(index, end), strict=True):
        open_ = union(stretches)
        found += price.by_month("site_month", open_, edges, months_of[site])
        if unit.monitoring_visit is not None:
            times = visits_in(open_, price("monitoring_visit.every_days"))
            mine = visits_of[site]
            pay(times, np.full(len(times), price("monitoring_visit.cost") if mine is None else mine))
    return found + price.by_month("central_month", np.array([[0.0, end]]), edges, None)


def union(stretches: Array) -> Array:
    """Merge intervals.

    Args:
        stretches: (n, 2) intervals, which may overlap.

    Returns:
        (k, 2) intervals that do not overlap, in order.
    """
    found: list[list[float]] = []
    for start, end in stretches[np.argsort(stretches[:, 0], kind="stable")].tolist():
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        elif end > start:
            found.append([start, end])
    return np.array(found).reshape(-1, 2)


def visits_in(stretches: Array, every: float) -> Array:
    """Days of regular visits: those on which the time within intervals reaches each multiple of `every`.

    Args:
        stretches: (n, 2) intervals in days that do not overlap, in order.
        every: days between visits.

    Returns:
        (k,) days.
    """
    lengths = stretches[:, 1] - stretches[:, 0]
    reached = np.concatenate(([0.0], np.cumsum(lengths)))
    wanted = np.arange(1, math.floor(reached[-1] / every) + 1) * every
    which = np.minimum(np.searchsorted(reached, wanted, side="left") - 1, len(lengths) - 1)
    found: Array = stretches[which, 0] + wanted - reached[which] if len(wanted) else np.zeros(0)
    return found


def month_table(design: Design, spent: list[Array]) -> pd.DataFrame:
    """Spending by month over several trials.

    Args:
        design: the scenario, made ready.
        spent: results of `spending`, one for each trial; a trial that has ended spends nothing more.

    Returns:
        A row for each month: its first day, its mean cost, and P50 and P80 of the total spent by its end.
    """
    if not spent:
        return pd.DataFrame()
    n = max(len(months) for months in spent)
    each = np.array([np.pad(months, (0, n - len(months))) for months in spent])
    so_far = np.cumsum(each, axis=1)
    rows: list[dict[str, object]] = []
    for month in range(n):
        row: dict[str, object] = {"month": month + 1, "from": design.clock.date_of(month * MONTH_DAYS)}
        row |= columns_of("mean", intervals.mean(each[:, month]))
        for q in (0.5, 0.8):
            row |= columns_of(f"p{round(100 * q)}", intervals.quantile(so_far[:, month], q))
        rows.append(row)
    return pd.DataFrame(rows)

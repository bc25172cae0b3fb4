"""Spending over time: the cost of each month of a simulated trial, from its events. The months sum to the total."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis import intervals
from sim.analysis.costs import Prices, own_prices, site_stretches
from sim.analysis.index import EventIndex
from sim.analysis.logs import Logs
from sim.analysis.summary import columns_of
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import KIND, SITE, TIME

Array = npt.NDArray[np.float64]

_VISITS = (events.VISIT_DONE, events.VISIT_MISSED)


def logs_of(rows: Array) -> Logs:
    """Rebuild the log of one trial from a table of its events.

    Args:
        rows: (n, WIDTH) all events of the trial, in order of time.

    Returns:
        The log; referrals that ended at once are ordinary events in it.
    """
    are_visits = np.isin(rows[:, KIND], _VISITS)
    return Logs.of_events(rows[~are_visits], rows[are_visits])


def spending(rows: Array, design: Design, values: dict[str, float]) -> Array:
    """Cost of each month of a trial, by where it is spent.

    Args:
        rows: (n, WIDTH) all events of the trial, in order of time.
        design: the scenario, made ready; it has costs.
        values: measures of the trial, including uncertain values.

    Returns:
        (1 + countries, months) costs from day 0 on; the first month includes everything spent before day 0. The first
        row is of the trial as a whole: central months, lots, doses, and sites without a country; then the countries.
    """
    index, unit, end = EventIndex(logs_of(rows), len(design.kinds)), design.scenario.costs, values["day_end"]
    assert unit is not None
    columns = {name: np.array([value]) for name, value in values.items()}
    price, n = Prices(columns, design, index), max(math.ceil(end / MONTH_DAYS), 1)
    edges: Array = np.arange(1.0, n + 1.0) * MONTH_DAYS
    found = np.zeros((1 + len(design.countries), n))
    place_of = 1 + np.array(design.country_of_sites(), dtype=np.int64)

    def own_prices_of(name: str) -> Array:
        prices: Array = own_prices(columns, design, name, 1)[0]
        return prices

    def pay(times: Array, amounts: Array, places: npt.NDArray[np.int64]) -> None:
        months = np.clip(np.floor(times / MONTH_DAYS), 0, n - 1).astype(np.int64)
        np.add.at(found, (np.broadcast_to(places, months.shape), months), amounts)

    for name, paid in (
        ("site_activation", index.of(events.SITE_ACTIVATED)),
        ("screening", index.of(events.SCREENING_STARTED)),
        ("participant_visit", index.visits[index.visits[:, KIND] == events.VISIT_DONE]),
        ("lot", index.of(events.LOT_STARTED)),
        ("dose", index.of(events.DOSE_STARTED)),
    ):
        amounts = price.at(name, paid[:, TIME], np.zeros(len(paid), dtype=np.int64))
        places = np.zeros(len(paid), dtype=np.int64)
        if name not in ("lot", "dose"):
            sites = paid[:, SITE].astype(np.int64)
            mine, places = own_prices_of(name)[sites], place_of[sites]
            amounts = np.where(np.isnan(mine), amounts, mine)
        pay(paid[:, TIME], amounts, places)
    months_of, visits_of = own_prices_of("site_month"), own_prices_of("monitoring_visit")
    stretches, activation = site_stretches(index, np.array([end]))
    for i, site in enumerate(index.of(events.SITE_ACTIVATED)[:, SITE].astype(int).tolist()):
        open_ = union(stretches[activation == i])
        found[place_of[site]] += _by_month(price, "site_month", open_, edges, months_of[site])
        if unit.monitoring_visit is not None:
            times = visits_in(open_, float(price("monitoring_visit.every_days")[0]))
            mine = visits_of[site]
            cost = price("monitoring_visit.cost")[0] if np.isnan(mine) else mine
            pay(times, np.full(len(times), cost), place_of[site])
    found[0] += _by_month(price, "central_month", np.array([[0.0, end]]), edges, math.nan)
    return found


def _by_month(price: Prices, name: str, stretches: Array, edges: Array, own: float) -> Array:
    """Cost of a monthly price in each month.

    Args:
        price: the unit costs of the trial.
        name: name of the unit cost of a month.
        stretches: (n, 2) intervals in days that cost; they do not overlap.
        edges: (months,) ends of the months, in days.
        own: price of the country, which replaces the unit cost; NaN without one.

    Returns:
        (months,) costs.
    """
    days, values = (side[0].tolist() for side in price.steps(name))
    if not math.isnan(own):
        days, values = [-math.inf], [own]
    found = np.zeros(len(edges))
    for start, end, value in zip(days, [*days[1:], math.inf], values, strict=True):
        if start == math.inf:  # an amendment that never came into force
            break
        for first, last in np.clip(stretches, start, end).tolist():
            found += np.diff(np.clip(edges, first, last), prepend=first) * (value / MONTH_DAYS)
    return found


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
    """Spending by month over several trials, in all and by country.

    Args:
        design: the scenario, made ready.
        spent: results of `spending`, one for each trial; a trial that has ended spends nothing more.

    Returns:
        A row for each month: its first day, its mean cost, and P50 and P80 of the total spent by its end; then the same
        for each country, under the same names with the country's code behind (`mean_DE`).
    """
    if not spent:
        return pd.DataFrame()
    n = max(months.shape[1] for months in spent)
    each = np.array([np.pad(months, ((0, 0), (0, n - months.shape[1]))) for months in spent])
    of = {"": each.sum(axis=1)} | {f"_{code}": each[:, 1 + i] for i, code in enumerate(design.countries)}
    so_far = {place: np.cumsum(months, axis=1) for place, months in of.items()}
    rows: list[dict[str, object]] = []
    for month in range(n):
        row: dict[str, object] = {"month": month + 1, "from": design.clock.date_of(month * MONTH_DAYS)}
        for place, months in of.items():
            row |= columns_of(f"mean{place}", intervals.mean(months[:, month]))
            for q in (0.5, 0.8):
                row |= columns_of(f"p{round(100 * q)}{place}", intervals.quantile(so_far[place][:, month], q))
        rows.append(row)
    return pd.DataFrame(rows)

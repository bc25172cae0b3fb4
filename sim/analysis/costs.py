"""The cost of simulated trials, from their events and the scenario's unit costs; amounts are in its currency.

Costs decide nothing in a trial, so that another price needs no other simulation. Prices may be uncertain, differ by
country, and change by amendment while the trial runs. Sums are made without rounding on the way, so that they do not
depend on an order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.grouped import exact_sums, lengths_of_unions
from sim.analysis.index import EventIndex
from sim.analysis.operations import looking
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import CODE, KIND, SITE, TIME

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Columns = Mapping[str, npt.NDArray[Any]]


def site_stretches(index: EventIndex, end: Array) -> tuple[Array, Integers]:
    """Intervals in which each activated site was open for patients or followed participants.

    A site is open from activation to closing, while recruitment is open: not between closing on the target and
    reopening.

    Args:
        index: the events.
        end: (n,) end of each trial, in days.

    Returns:
        (k, 2) intervals, which may overlap; and (k,) the activation that each belongs to, as its place in
        `index.of(SITE_ACTIVATED)`.
    """
    open_, activation = looking(index, end, -math.inf)
    followed = index.stays(events.RANDOMISED, events.LEFT, events.COMPLETED, unended=end)
    sites = index.site_keys(events.SITE_ACTIVATED)
    order = np.argsort(sites, kind="stable")
    of = index.site_keys(events.RANDOMISED)
    place = np.minimum(np.searchsorted(sites[order], of), max(len(order) - 1, 0))
    known = sites[order[place]] == of if len(order) else np.zeros(len(of), dtype=bool)
    at = order[place[known]] if len(order) else np.zeros(0, dtype=np.int64)
    return np.concatenate((open_, followed[known])), np.concatenate((activation, at))


class Prices:
    """Unit costs over time: those of the scenario, changed by amendments. A call gives a unit cost at the start.

    Args:
        columns: (n,) measures of the trials so far by name, including uncertain values.
        design: the scenario, made ready; it has costs.
        index: the events.
    """

    def __init__(self, columns: Columns, design: Design, index: EventIndex) -> None:
        self._columns = columns
        self._unit = design.scenario.costs
        self._n = index.n
        in_force = index.of(events.AMENDMENT_IN_FORCE)
        days = index.first_of_codes(
            events.AMENDMENT_IN_FORCE, in_force[:, CODE].astype(np.int64), len(design.amendments)
        )
        rules = ((i, name, design.scenario.amendments[name].costs) for i, name in enumerate(design.amendments))
        self._changes = [(days[:, i], name, new) for i, name, new in rules if new is not None]

    def __call__(self, name: str) -> Array:
        """(n,) a unit cost at the start of each trial, by its name in `costs`.

        Args:
            name: dotted below `costs`, as the scenario has it, such as `site_month`.
        """
        return self._value(f"costs.{name}", attrgetter(name)(self._unit))

    def _value(self, path: str, value: object) -> Array:
        uncertain = self._columns.get(f"value_{path}")
        return np.full(self._n, value if uncertain is None else uncertain, dtype=np.float64)

    def changes(self, name: str) -> npt.NDArray[np.bool_]:
        """(n,) whether an amendment changed a unit cost in each trial.

        Args:
            name: dotted below `costs`.
        """
        n_steps = np.isfinite(self.steps(name)[0]).sum(axis=1)  # but for the first, which holds from minus infinity
        return np.asarray(n_steps > 0)

    def steps(self, name: str) -> tuple[Array, Array]:
        """A unit cost over time.

        Args:
            name: its name in `costs`.

        Returns:
            (n, steps) day from which each unit cost holds, increasing, the first minus infinity; infinite for one that
            never does; and (n, steps) unit costs.
        """
        changes = [(days, amendment, getattr(new, name)) for days, amendment, new in self._changes]
        changes = [change for change in changes if change[2] is not None]
        days = np.column_stack([np.full(self._n, -np.inf), *(days for days, _, _ in changes)])
        paths = [(f"amendments.{amendment}.costs.{name}", value) for _, amendment, value in changes]
        values = np.column_stack([self(name), *(self._value(*path) for path in paths)])
        days = np.where(np.isnan(days), np.inf, days)
        order = np.argsort(days, axis=1, kind="stable")
        return np.take_along_axis(days, order, axis=1), np.take_along_axis(values, order, axis=1)

    def at(self, name: str, times: Array, replication: Integers) -> Array:
        """The unit cost at several times.

        Args:
            name: its name in `costs`.
            times: (k,) days.
            replication: (k,) trial of each, from 0.

        Returns:
            (k,) unit costs.
        """
        days, values = self.steps(name)
        found: Array = values[replication, np.sum(days[replication] <= times[:, None], axis=1) - 1]
        return found

    def of_events(self, name: str, index: EventIndex, kind: int) -> Array:
        """Total cost of the events of a kind.

        Args:
            name: name of the unit cost of an event.
            index: the events.
            kind: their kind.

        Returns:
            (n,) costs.
        """
        alike = index.count(kind) * self(name)
        if not self.changes(name).any():
            return alike
        each = self.at(name, index.of(kind)[:, TIME], index.replications(kind))
        return np.where(self.changes(name), exact_sums(each, index.starts(kind)), alike)

    def of_months(self, name: str, stretches: Array, group: Integers, replication: Integers, own: Array) -> Array:
        """Total cost of a monthly price for each of several groups; days in several intervals count once.

        Args:
            name: name of the unit cost of a month.
            stretches: (k, 2) intervals in days, which may overlap.
            group: (k,) group of each interval.
            replication: (groups,) trial of each group.
            own: (groups,) price of the country, which replaces the unit cost; NaN without one.

        Returns:
            (groups,) costs.
        """
        days, values = self.steps(name)
        n, ends = len(replication), np.column_stack([days[:, 1:], np.full(self._n, np.inf)])
        total = lengths_of_unions(stretches, group, n) / MONTH_DAYS
        at_own = total * own
        if days.shape[1] == 1:
            return np.where(np.isnan(own), total * values[replication, 0], at_own)
        parts = []
        for step in range(days.shape[1]):
            start, end = (side[replication, step] for side in (days, ends))
            never = start == np.inf
            start, end = np.where(never, 0.0, start), np.where(never, 0.0, end)
            within = np.clip(stretches, start[group, None], end[group, None])
            parts.append(lengths_of_unions(within, group, n) / MONTH_DAYS * values[replication, step])
        each = np.column_stack(parts).ravel()
        return np.where(np.isnan(own), exact_sums(each, np.arange(n + 1) * len(parts)), at_own)


def costs(columns: Columns, design: Design, index: EventIndex) -> dict[str, Array]:
    """Cost of trials: total, by part and by country, and the worth of time if a day of delay has a cost.

    Args:
        columns: (n,) measures so far, by name.
        design: the scenario, made ready; it has costs.
        index: the events.

    Returns:
        (n,) measures by name.
    """
    unit = design.scenario.costs
    assert unit is not None
    price, n = Prices(columns, design, index), index.n
    day_end = columns["day_end"]

    at_sites = _at_sites(columns, design, index, price)
    parts = {name: _added(by_site) for name, by_site in at_sites.items()}
    cells = (("lot", events.LOT_STARTED), ("dose", events.DOSE_STARTED))
    parts["cells"] = _added(np.column_stack([price.of_events(name, index, kind) for name, kind in cells]))
    whole = np.column_stack([np.zeros(n), day_end])
    parts["central"] = price.of_months("central_month", whole, np.arange(n), np.arange(n), np.full(n, np.nan))
    found = {"cost": _added(np.column_stack(list(parts.values())))}
    found |= {f"cost_{name}": value for name, value in parts.items()}
    if unit.per_day_of_delay != 0:
        locked = columns["day_database_lock"]
        found["worth_of_time"] = np.where(np.isnan(locked), design.horizon_days, locked) * price("per_day_of_delay")
        found["cost_and_time"] = found["cost"] + found["worth_of_time"]
    of_site = np.array(design.country_of_sites())
    for i, code in enumerate(design.countries):
        here = [by_site[:, of_site == i] for by_site in at_sites.values()]
        found[f"country_{code}_cost"] = _added(np.column_stack(here))
    return found


def _added(parts: Array) -> Array:
    """(n,) sums of (n, parts), without rounding on the way."""
    n, k = parts.shape
    return exact_sums(parts.ravel(), np.arange(n + 1) * k)


def own_prices(columns: Columns, design: Design, in_country: str, n: int) -> Array:
    """Unit costs that countries set for themselves.

    Args:
        columns: (n,) measures of the trials so far by name, including uncertain values.
        design: the scenario, made ready.
        in_country: name of the unit cost under a country.
        n: number of trials.

    Returns:
        (n, sites) the unit cost of the country of each site; NaN where the country has none.
    """
    found, of_site = np.full((n, design.n_sites), np.nan), np.array(design.country_of_sites(), dtype=np.int64)
    for i, code in enumerate(design.countries):
        settings = design.scenario.countries.get(code)
        value = getattr(settings.costs, in_country, None) if settings and settings.costs else None
        if value is not None:
            uncertain = columns.get(f"value_countries.{code}.costs.{in_country}")
            found[:, of_site == i] = value if uncertain is None else uncertain[:, None]
    return found


def _at_sites(columns: Columns, design: Design, index: EventIndex, price: Prices) -> dict[str, Array]:
    """(n, sites) cost of each site and of the people there, by part, at the prices of its country if it has its own."""
    unit, shape = design.scenario.costs, (index.n, design.n_sites)
    assert unit is not None

    def each(rows: Array, of: Integers, name: str) -> Array:
        places = of * shape[1] + rows[:, SITE].astype(np.int64)
        own = own_prices(columns, design, name, index.n)
        counts = np.bincount(places, minlength=own.size).reshape(shape)
        of_all, changes = counts * price(name)[:, None], price.changes(name)
        if changes.any():
            over_time = np.bincount(places, price.at(name, rows[:, TIME], of), own.size).reshape(shape)
            of_all = np.where(changes[:, None], over_time, of_all)
        return np.where(np.isnan(own), of_all, counts * own)

    activated, of = index.of(events.SITE_ACTIVATED), index.replications(events.SITE_ACTIVATED)
    stretches, activation = site_stretches(index, columns["day_end"])
    place = of * shape[1] + activated[:, SITE].astype(np.int64)
    months, every_site = own_prices(columns, design, "site_month", index.n), np.repeat(np.arange(index.n), shape[1])
    done = index.visits[:, KIND] == events.VISIT_DONE
    open_months = price.of_months("site_month", stretches, place[activation], every_site, months.ravel())
    parts = {
        "sites": each(activated, of, "site_activation") + open_months.reshape(shape),
        "monitoring": np.zeros(shape),
        "screening": each(
            index.of(events.SCREENING_STARTED), index.replications(events.SCREENING_STARTED), "screening"
        ),
        "visits": each(index.visits[done], index.visits_of[done], "participant_visit"),
    }
    if unit.monitoring_visit is not None:
        every, of_all = price("monitoring_visit.every_days")[:, None], price("monitoring_visit.cost")[:, None]
        own = own_prices(columns, design, "monitoring_visit", index.n)
        days = lengths_of_unions(stretches, place[activation], shape[0] * shape[1]).reshape(shape)
        parts["monitoring"] = np.floor(days / every) * np.where(np.isnan(own), of_all, own)
    return parts

"""The cost of a simulated trial, from its events and the scenario's unit costs; amounts are in its currency."""

from __future__ import annotations

import math
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import CODE, KIND, SITE, TIME

Array = npt.NDArray[np.float64]


def site_stretches(index: EventIndex, end: float) -> list[Array]:
    """Intervals in which each activated site was open for patients or followed participants.

    A site is open from activation to closing, while recruitment is open: not between closing on the target and
    reopening.

    Args:
        index: the events.
        end: end of the trial, in days.

    Returns:
        For each activated site, in order of activation, (n, 2) intervals, which may overlap.
    """
    recruiting = index.recruiting(end)
    closed = {int(event[SITE]): float(event[TIME]) for event in index.of(events.SITE_CLOSED)}
    followed = index.stays(events.RANDOMISED, events.LEFT, events.COMPLETED, unended=end)
    sites = index.of(events.RANDOMISED)[:, SITE]
    found = []
    for event in index.of(events.SITE_ACTIVATED):
        site, activated = int(event[SITE]), float(event[TIME])
        looking = np.clip(recruiting, activated, max(closed.get(site, end), activated))
        found.append(np.concatenate((looking, followed[sites == site])))
    return found


def length_of_union(stretches: Array) -> float:
    """Number of days in the union of intervals.

    Args:
        stretches: (n, 2) intervals in days, which may overlap.
    """
    total, reached = 0.0, -math.inf
    for start, end in stretches[np.argsort(stretches[:, 0], kind="stable")].tolist():
        total += max(end - max(start, reached), 0.0)
        reached = max(reached, end)
    return total


class Prices:
    """Unit costs over time: those of the scenario, changed by amendments. A call gives a unit cost at the start.

    Args:
        row: measures of the trial so far, including uncertain values.
        design: the scenario, made ready; it has costs.
        index: the events.
    """

    def __init__(self, row: dict[str, float], design: Design, index: EventIndex) -> None:
        self._row = row
        self._unit = design.scenario.costs
        in_force = index.of(events.AMENDMENT_IN_FORCE)
        rules = [design.scenario.amendments[name].costs for name in design.amendments]
        self._changes = [
            (float(event[TIME]), design.amendments[int(event[CODE])], new)
            for event in in_force
            if (new := rules[int(event[CODE])]) is not None
        ]

    def __call__(self, name: str) -> float:
        """A unit cost at the start of the trial, by its name in `costs`."""
        return self._value(f"costs.{name}", attrgetter(name)(self._unit))

    def _value(self, path: str, value: object) -> float:
        uncertain = self._row.get(f"value_{path}")
        return float(value) if uncertain is None else uncertain  # type: ignore[arg-type]

    def changes(self, name: str) -> bool:
        """Whether an amendment changed a unit cost in this trial."""
        return len(self._steps(name)) > 1

    def _steps(self, name: str) -> list[tuple[float, float]]:
        """(day, unit cost from then on), the first from minus infinity."""
        found = [(-math.inf, self(name))]
        for day, amendment, new in self._changes:
            value = getattr(new, name)
            if value is not None:
                found.append((day, self._value(f"amendments.{amendment}.costs.{name}", value)))
        return found

    def at(self, name: str, times: Array) -> Array:
        """The unit cost at several times.

        Args:
            name: its name in `costs`.
            times: (n,) days.

        Returns:
            (n,) unit costs.
        """
        days, values = (np.array(column) for column in zip(*self._steps(name), strict=True))
        found: Array = values[np.searchsorted(days, times, side="right") - 1]
        return found

    def of_events(self, name: str, times: Array) -> float:
        """Total cost of events at given times.

        Args:
            name: name of the unit cost of an event.
            times: (n,) days of the events.
        """
        steps = self._steps(name)
        return len(times) * steps[0][1] if len(steps) == 1 else math.fsum(self.at(name, times).tolist())

    def by_month(self, name: str, stretches: Array, edges: Array, own: float | None) -> Array:
        """Cost of a monthly price in each month.

        Args:
            name: name of the unit cost of a month.
            stretches: (n, 2) intervals in days that cost; they do not overlap.
            edges: (months,) ends of the months, in days.
            own: price of the country, which replaces the unit cost; None without one.

        Returns:
            (months,) costs.
        """
        steps = self._steps(name) if own is None else [(-math.inf, own)]
        found = np.zeros(len(edges))
        for (start, value), end in zip(steps, [day for day, _ in steps[1:]] + [math.inf], strict=True):
            for first, last in np.clip(stretches, start, end).tolist():
                found += np.diff(np.clip(edges, first, last), prepend=first) * (value / MONTH_DAYS)
        return found

    def of_months(self, name: str, stretches: Array, own: float | None = None) -> float:
        """Total cost of a monthly price; days in several intervals count once.

        Args:
            name: name of the unit cost of a month.
            stretches: (n, 2) intervals in days, which may overlap.
            own: price of the country, which replaces the unit cost; None without one.
        """
        steps = self._steps(name)
        if own is not None or len(steps) == 1:
            return length_of_union(stretches) / MONTH_DAYS * (steps[0][1] if own is None else own)
        ends = [day for day, _ in steps[1:]] + [math.inf]
        return math.fsum(
            length_of_union(np.clip(stretches, start, end)) / MONTH_DAYS * value
            for (start, value), end in zip(steps, ends, strict=True)
        )


def costs(row: dict[str, float], design: Design, index: EventIndex) -> dict[str, float]:
    """Cost of a trial: total, by part and by country, and the worth of time if a day of delay has a cost.

    Args:
        row: the measures so far.
        design: the scenario, made ready; it has costs.
        index: the events.

    Returns:
        Measures by name.
    """
    unit = design.scenario.costs
    assert unit is not None
    price = Prices(row, design, index)

    at_sites = _at_sites(row, design, index, price)
    parts = {name: math.fsum(by_site) for name, by_site in at_sites.items()}
    parts["cells"] = math.fsum(
        price.of_events(name, index.of(kind)[:, TIME])
        for name, kind in (("lot", events.LOT_STARTED), ("dose", events.DOSE_STARTED))
    )
    parts["central"] = price.of_months("central_month", np.array([[0.0, row["day_end"]]]))
    found = {"cost": math.fsum(parts.values())} | {f"cost_{name}": float(value) for name, value in parts.items()}
    if unit.per_day_of_delay != 0:
        never = math.isnan(row["day_database_lock"])
        days = design.horizon_days if never else row["day_database_lock"]
        found["worth_of_time"] = days * price("per_day_of_delay")
        found["cost_and_time"] = found["cost"] + found["worth_of_time"]
    of_site = design.country_of_sites()
    for i, code in enumerate(design.countries):
        here = [j for j, country in enumerate(of_site) if country == i]
        found[f"country_{code}_cost"] = math.fsum(by_site[j] for by_site in at_sites.values() for j in here)
    return found


def own_prices(row: dict[str, float], design: Design, in_country: str) -> list[float | None]:
    """Unit costs that countries set for themselves.

    Args:
        row: measures of the trial so far, including uncertain values.
        design: the scenario, made ready.
        in_country: name of the unit cost under a country.

    Returns:
        For each site, the unit cost of its country; None where the country has none.
    """
    countries = [design.countries[i] if i >= 0 else "" for i in design.country_of_sites()]
    own = {}
    for code in design.countries:
        settings = design.scenario.countries.get(code)
        value = getattr(settings.costs, in_country, None) if settings and settings.costs else None
        if value is not None:
            own[code] = float(row.get(f"value_countries.{code}.costs.{in_country}", value))
    return [own.get(country) for country in countries]


def _at_sites(row: dict[str, float], design: Design, index: EventIndex, price: Prices) -> dict[str, list[float]]:
    """Cost of each site and of the people there, by part, at the prices of its country if it has its own."""
    unit, n = design.scenario.costs, design.n_sites
    assert unit is not None

    def each(rows: Array, name: str) -> list[float]:
        sites, own = rows[:, SITE].astype(np.int64), own_prices(row, design, name)
        counts = np.bincount(sites, minlength=n)
        of_all = np.bincount(sites, price.at(name, rows[:, TIME]), n) if price.changes(name) else counts * price(name)
        both = zip(counts.tolist(), of_all.tolist(), own, strict=True)
        return [cost if mine is None else k * mine for k, cost, mine in both]

    activated = index.of(events.SITE_ACTIVATED)
    stretches = dict(zip(activated[:, SITE].astype(int).tolist(), site_stretches(index, row["day_end"]), strict=True))
    activations, months, never = (
        each(activated, "site_activation"),
        own_prices(row, design, "site_month"),
        np.zeros((0, 2)),
    )
    done = index.log.visits[index.log.visits[:, KIND] == events.VISIT_DONE]
    parts = {
        "sites": [activations[i] + price.of_months("site_month", stretches.get(i, never), months[i]) for i in range(n)],
        "monitoring": [0.0] * n,
        "screening": each(index.of(events.SCREENING_STARTED), "screening"),
        "visits": each(done, "participant_visit"),
    }
    if unit.monitoring_visit is not None:
        every, of_all = price("monitoring_visit.every_days"), price("monitoring_visit.cost")
        each_visit = [of_all if mine is None else mine for mine in own_prices(row, design, "monitoring_visit")]
        parts["monitoring"] = [
            math.floor(length_of_union(stretches.get(i, never)) / every) * each_visit[i] for i in range(n)
        ]
    return parts

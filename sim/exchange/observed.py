"""What is known of a real trial, in one form for all formats of files.

Readers fill it, forecasts use it. It says nothing of the future but what was announced: planned openings and closings,
closed periods, an end. Times are floating-point days since the trial's first day, as in a simulated trial; whole dates
stand at the middle of their day.

Attributes:
    NO_SITE: index of the site of people whose site is not known.
    MIDDLE_OF_DAY: what is added to a date, in days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.exchange.account import NOTHING_SAID, Account
from sim.exchange.findings import Finding, Question

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]
Texts = npt.NDArray[np.object_]

NO_SITE = -1
MIDDLE_OF_DAY = 0.5

IN_SCREENING, FAILED, RANDOMISED, LEFT, COMPLETED = "in screening", "screen failure", "randomised", "left", "completed"


@dataclass(frozen=True, eq=False)
class People:
    """Everyone named in the data, one entry each. Days are since the trial's `first` day, NaN where not known.

    Attributes:
        ids: (n,) names; empty where the data have none.
        site: (n,) index of the site, `NO_SITE` where not known.
        screened: (n,) day on which screening began.
        randomised: (n,) day of randomisation; NaN for those who were not randomised.
        ended: (n,) day of leaving, of the last visit, or of the screen failure.
        status: (n,) in screening, screen failure, randomised, left or completed.
        way_out: (n,) why they left or failed screening, as the data say; empty where not known.
        arm: (n,) treatment arm; empty where not known.
    """

    ids: Texts
    site: Integers
    screened: Array
    randomised: Array
    ended: Array
    status: Texts
    way_out: Texts
    arm: Texts

    def __len__(self) -> int:
        return len(self.ids)

    def taken(self, index: npt.NDArray[Any]) -> People:
        """Select people.

        Args:
            index: indices or a boolean mask.

        Returns:
            The selected people, in the order of the index.
        """
        return People(**{name: getattr(self, name)[index] for name in self.__dataclass_fields__})


def nobody(n: int = 0) -> dict[str, Any]:
    """Return columns for people of whom nothing is known, as arguments of `People`.

    Args:
        n: number of people.

    Returns:
        (n,) array by attribute: no name, no site, no day, and the status randomised.
    """
    return {
        "ids": np.full(n, "", dtype=object),
        "site": np.full(n, NO_SITE, dtype=np.int64),
        "screened": np.full(n, np.nan),
        "randomised": np.full(n, np.nan),
        "ended": np.full(n, np.nan),
        "status": np.full(n, RANDOMISED, dtype=object),
        "way_out": np.full(n, "", dtype=object),
        "arm": np.full(n, "", dtype=object),
    }


def became(people: People) -> tuple[tuple[str, int], ...]:
    """Count people by what became of them, for the account.

    Args:
        people: everybody in the data.

    Returns:
        (what, number) of the randomised and of each other fate that anybody had; those who left or completed are among
        the randomised.
    """
    was = ~np.isnan(people.randomised)
    found = [
        ("randomised", was),
        ("of them left", was & (people.status == LEFT)),
        ("of them completed", was & (people.status == COMPLETED)),
        ("in screening", ~was & (people.status == IN_SCREENING)),
        ("failed screening", ~was & (people.status == FAILED)),
    ]
    return tuple((what, int(mask.sum())) for what, mask in found if mask.any() or what == "randomised")


@dataclass(frozen=True)
class SiteRecord:
    """A site. Days are since the trial's first day.

    Attributes:
        name: its name in the data.
        activated: day it opened; None where not known or not yet.
        closed: day it closed; None where open or not known.
        planned: day on which it is planned to open; None without a plan.
        closing: day on which it is planned to close; None without a plan.
        group: the scenario's group to which it belongs; empty where the data do not say.
        country: its country; empty where the data do not say.
    """

    name: str
    activated: float | None = None
    closed: float | None = None
    planned: float | None = None
    closing: float | None = None
    group: str = ""
    country: str = ""


@dataclass(frozen=True, eq=False)
class Funnel:
    """People counted by period, one entry per period; for data that are counts.

    Attributes:
        start: (k,) first day of the period, since the trial's first day.
        end: (k,) day after its last.
        screened: (k,) people screened; NaN where not counted.
        eligible: (k,) people found eligible; NaN where not counted.
        randomised: (k,) people randomised.
        sites_activated: (k,) sites that opened; NaN where not counted.
    """

    start: Array
    end: Array
    screened: Array
    eligible: Array
    randomised: Array
    sites_activated: Array


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits that took place, of randomised participants.

    Attributes:
        person: (n,) index among the people.
        planned_day: (n,) planned study day; randomisation is day 0.
        day: (n,) study day on which it took place.
    """

    person: Integers
    planned_day: Array
    day: Array


@dataclass(frozen=True, eq=False, repr=False)
class ObservedTrial:
    """A real trial, as far as its data go.

    Attributes:
        name: its name.
        source: the file or files, for citation.
        first: day 0, the first day of the data.
        last: last day of the data.
        people: everyone in the data; people from counts have only a site and a day.
        sites: sites in the order of their first appearance.
        funnel: counts by period, where the data are counts.
        visits: visits, where the data have them.
        resolution_days: length of the period within which the day of a randomisation is not known; 1 for dates.
        has_calendar: whether its dates are calendar dates, so that holidays are meaningful.
        has_sites: whether the data tell sites apart.
        has_screening: whether people are known from screening on, not only from randomisation on.
        closed_periods: (first day, day after the last) of periods in which nobody could be randomised, including future
            ones; in order, without overlap.
        ends: day after the last on which anybody may be randomised; None where none was announced.
        sites_a_month: number of sites that open per month from now on, if the user said; else None.
        findings: findings of the data check.
        account: what each column was taken as, and what became of the rows.
        questions: questions to ask before a forecast continues from the last day.
    """

    name: str
    source: str
    first: date
    last: date
    people: People
    sites: tuple[SiteRecord, ...] = ()
    funnel: Funnel | None = None
    visits: Visits | None = None
    resolution_days: int = 1
    has_calendar: bool = True
    has_sites: bool = False
    has_screening: bool = False
    closed_periods: tuple[tuple[float, float], ...] = ()
    ends: float | None = None
    sites_a_month: float | None = None
    findings: tuple[Finding, ...] = ()
    account: Account = NOTHING_SAID
    questions: tuple[Question, ...] = ()

    def __repr__(self) -> str:
        head = f"{type(self).__name__}({self.name!r}: {self.n_randomised:,} randomised, {self.first} to {self.last})"
        return "\n".join([head, *self.account.lines(), *(f"Data check: {finding}" for finding in self.findings)])

    @property
    def days(self) -> Array:
        """Days of randomisation, (n_randomised,), increasing."""
        known = self.people.randomised
        return np.sort(known[~np.isnan(known)])

    @property
    def n_randomised(self) -> int:
        """Number of people randomised."""
        return int(np.count_nonzero(~np.isnan(self.people.randomised)))

    @property
    def now(self) -> float:
        """End of the last day, in days since the first: a trial of one day ends at 1."""
        return float((self.last - self.first).days + 1)

    def date_of(self, day: float) -> date:
        """Return the date of a day since the first.

        Args:
            day: days since the first day of the data; a fraction is a time of that day.
        """
        return self.first + timedelta(days=int(np.floor(day)))

    def day_of(self, when: date) -> float:
        """Return the start of a date, in days since the first.

        Args:
            when: a date; negative days are before the data.
        """
        return float((when - self.first).days)

    @property
    def closings(self) -> Array:
        """(sites,) planned day of closing; infinity where none is to come."""
        never = np.inf
        planned = [never if site.closing is None or site.closing < self.now else site.closing for site in self.sites]
        return np.array(planned, dtype=np.float64)

    @property
    def recruits_until(self) -> float:
        """Day after the last on which anybody may be randomised: the announced end, or the last planned closing.

        Planned closings end recruitment where each site that is open or planned has one, and nobody said that others
        follow; infinity otherwise.
        """
        ends = np.inf if self.ends is None else self.ends
        seen = self.first_seen()
        to_come = [
            site.closed is None and (site.planned is not None or not np.isnan(seen[i]))
            for i, site in enumerate(self.sites)
        ]
        if not any(to_come) or self.sites_a_month:
            return ends
        return min(ends, float(self.closings[to_come].max()))

    def first_seen(self) -> Array:
        """Return when each site opened.

        Returns:
            (sites,) day of opening, or of the site's first person where the opening is not known; NaN without either.
        """
        seen = np.full(len(self.sites), np.nan)
        people = self.people
        began = np.fmin(people.screened, people.randomised)
        known = (people.site != NO_SITE) & ~np.isnan(began)
        first = np.full(len(self.sites), np.inf)
        np.minimum.at(first, people.site[known], began[known])
        seen[np.isfinite(first)] = first[np.isfinite(first)]
        for i, site in enumerate(self.sites):
            if site.activated is not None:
                seen[i] = site.activated
        return seen

    def as_of(self, when: date) -> ObservedTrial:
        """Return the trial as it was known at the end of a date, without anything later.

        A site without activity so far is kept only if it was planned. A closed period under way keeps only its past
        part, because its end was not known.

        Args:
            when: the date.

        Returns:
            The trial, with that date as its last day.
        """
        now = self.day_of(when) + 1.0
        people = _people_as_of(self.people, now)
        sites = tuple(_site_as_of(site, now) for site in self.sites)
        seen = set(people.site.tolist())
        keep = [
            i for i, site in enumerate(sites) if i in seen or site.activated is not None or site.planned is not None
        ]
        new_index = np.full(len(sites) + 1, NO_SITE, dtype=np.int64)  # the last entry is for NO_SITE
        new_index[keep] = np.arange(len(keep))
        people = replace(people, site=new_index[people.site])
        return replace(
            self,
            last=when,
            people=people,
            sites=tuple(sites[i] for i in keep),
            funnel=_funnel_as_of(self.funnel, now),
            closed_periods=tuple((start, min(end, now)) for start, end in self.closed_periods if start < now),
            visits=None if self.visits is None else _visits_as_of(self, now),
        )


def _people_as_of(people: People, now: float) -> People:
    """People who had come by then, as known then: later days, and statuses that rest on them, are not."""
    began = np.fmin(people.screened, people.randomised)
    people = people.taken(np.flatnonzero(began < now))
    randomised = np.where(people.randomised < now, people.randomised, np.nan)
    over = people.ended < now
    status = np.where(np.isnan(randomised), IN_SCREENING, RANDOMISED).astype(object)
    return replace(
        people,
        randomised=randomised,
        ended=np.where(over, people.ended, np.nan),
        status=np.where(over, people.status, status).astype(object),
        way_out=np.where(over, people.way_out, "").astype(object),
        arm=np.where(np.isnan(randomised), "", people.arm).astype(object),
    )


def _site_as_of(site: SiteRecord, now: float) -> SiteRecord:
    """A site without openings and closings after that moment; its plans stay."""
    return replace(
        site,
        activated=site.activated if site.activated is not None and site.activated < now else None,
        closed=site.closed if site.closed is not None and site.closed < now else None,
    )


def _funnel_as_of(funnel: Funnel | None, now: float) -> Funnel | None:
    """Keep whole periods only: the counts of an unfinished period are not known yet."""
    if funnel is None:
        return None
    over = funnel.end <= now
    return Funnel(**{name: getattr(funnel, name)[over] for name in funnel.__dataclass_fields__})


def _visits_as_of(trial: ObservedTrial, now: float) -> Visits:
    """Visits that had taken place by then, with people numbered as they are among those who had come."""
    visits, people = trial.visits, trial.people
    assert visits is not None
    kept = np.flatnonzero(np.fmin(people.screened, people.randomised) < now)
    new_index = np.full(len(people), -1, dtype=np.int64)
    new_index[kept] = np.arange(len(kept))
    done = (people.randomised[visits.person] + visits.day < now) & (new_index[visits.person] >= 0)
    return Visits(new_index[visits.person[done]], visits.planned_day[done], visits.day[done])

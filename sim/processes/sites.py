"""Sites: when they open, how fast they refer, and when they close.

Everything that can be drawn in advance comes from the batch; this module runs the sites through the trial. A site is
one process, which waits from one patient to the next; a change of its rate moves the day of the one it waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import date
from functools import partial

import numpy as np
import simpy
from simpy.events import Event

from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import GroupDesign
from sim.core.environment import Wait
from sim.core.intensity import ChangingIntensity, Intensity, intensity
from sim.core.people import Person, Site
from sim.core.places import Places
from sim.core.roles import Recruiting
from sim.core.world import World

_NEVER = float("inf")


def make_sites(world: World) -> list[Site]:
    """The sites of a replication, each with its activation, referral rate and arrivals.

    Args:
        world: the replication's surroundings.

    Returns:
        The sites in the order of their groups; a site that waits for an amendment activates never, until it opens.
    """
    return [site for group in world.design.groups for site in _group_sites(world, group)]


def _group_sites(world: World, group: GroupDesign) -> Iterator[Site]:
    """The sites of a group in this replication.

    A site that never activates is given `arrivals_from`, because an amendment may open it.
    """
    settings, paths = group.settings, group.paths
    ramp = settings.ramp_up
    ramp_days = world.number(f"{paths['ramp_up']}.days", ramp.days) if ramp else 0.0
    start = world.number(f"{paths['ramp_up']}.start_fraction", ramp.start_fraction) if ramp else 1.0
    steps, horizon = world.calendar(group.name), world.design.horizon_days
    observed = world.batch.observed
    arrivals_from = 0.0 if observed is None else observed.arrivals_from

    def arrivals(rate: float, active: float) -> Intensity:
        opens = max(active, world.starts or 0.0, arrivals_from)
        return intensity(rate / MONTH_DAYS, steps, opens, horizon, active, ramp_days, start)

    drawn = zip(*(column[:, world.row].tolist() for column in world.batch.sites(group)), strict=True)
    for row, (rate, active) in enumerate(drawn):
        opens = max(active, world.starts or 0.0)
        known = None if observed is None else observed.sites.get((group.name, row))
        plain = arrivals(rate, active)
        yield Site(
            index=group.first_site + row,
            group=group.name,
            row=row,
            n_sites=group.count,
            design=group,
            activates=active,
            per_month=rate,
            arrivals=ChangingIntensity(plain) if group.is_changing else plain,
            coordinators=Places(world.env, settings.coordinators),
            bays=Places(world.env, settings.infusion_bays),
            last_randomised=opens if known is None or known.last_randomised is None else known.last_randomised,
            arrivals_from=partial(arrivals, rate) if active == _NEVER else None,
        )


class Recruitment:
    """Runs all sites: activation, referrals, closing.

    Args:
        world: the replication's surroundings.
        sites: all sites.
        enrolment: the gate before randomisation.
        people_of: gives patients of a site who become persons, in order of time; None for no further ones at the
            current rate.
        take: handles one of them.
        on_closed: called when a site has closed for good.
    """

    def __init__(
        self,
        world: World,
        sites: list[Site],
        enrolment: Recruiting,
        people_of: Callable[[Site], Iterator[Person | None]],
        take: Callable[[Person], None],
        on_closed: Callable[[Site], None],
    ) -> None:
        self._world = world
        self._enrolment = enrolment
        self._take = take
        self._on_closed = on_closed
        self._people_of = people_of
        self._at_reopening: list[Callable[[], None]] = []
        self._reopened_on = -float("inf")
        self._openings: dict[Site, Event] = {site: world.env.event() for site in sites if site.is_waiting}
        self._changing: dict[Site, simpy.Process] = {}
        self._awaiting: set[Site] = set()  # sites that wait for a next patient whose day may change
        for site in sites:
            process = world.env.start(self._recruit(site))
            if site.design.is_changing:
                self._changing[site] = process
            self._plan_closing(site)

    def _recruit(self, site: Site) -> Generator[Wait, None, None]:
        """Process of one site, from activation on."""
        env, enrolment = self._world.env, self._enrolment
        if site.is_waiting:
            yield self._openings[site]
        yield site.activates
        while not enrolment.recruiting:  # a site does not open while recruitment is closed
            yield enrolment.reopened
        if site.closed_on is not None:
            return
        self._world.record(events.SITE_ACTIVATED, site.index, amount=site.per_month)
        is_changing = site.design.is_changing
        for person in self._people_of(site):
            if is_changing:
                yield from self._until_referred(site, person)
            if person is None or person.referred < env.now:
                continue  # nobody, or referred while recruitment was closed
            if not is_changing:
                yield person.referred
            if site.closed_on is not None:
                return
            if enrolment.recruiting:
                self._take(person)
            else:
                yield enrolment.reopened

    def _until_referred(self, site: Site, person: Person | None) -> Generator[Wait, None, None]:
        """Wait for the next patient of a site whose rate may change; each change moves the day."""
        env = self._world.env
        while True:
            day = _NEVER if person is None else site.arrivals.times(np.array([person.arrival])).item()
            if day < env.now:
                break
            self._awaiting.add(site)
            try:
                yield day
                self._awaiting.discard(site)
                break
            except simpy.Interrupt:
                if person is None:
                    return
        if person is not None:
            person.comes_on(day)

    def opens(self, site: Site, day: float) -> None:
        """Plan the activation of a site that waited for an amendment.

        Args:
            site: the site.
            day: day of activation.
        """
        assert site.arrivals_from is not None
        plain = site.arrivals_from(day)
        if isinstance(site.arrivals, ChangingIntensity):
            site.arrivals.opens(plain)
        else:
            site.arrivals = plain
        site.activates, site.last_randomised = day, day
        self._openings[site].succeed()
        if site.design.settings.closes is not None and not isinstance(site.design.settings.closes, date):
            self._plan_closing(site)

    def never_opens(self, site: Site) -> None:
        """Count a waiting site as closed, because no amendment will open it; the log gets no event."""
        site.closed_on = self._world.env.now
        self._on_closed(site)

    def multiply_rate(self, site: Site, factor: float) -> None:
        """Multiply a site's referral rate from now on, and reschedule its next referral.

        Args:
            site: a site of a group whose rate may change.
            factor: multiple of the current rate.
        """
        assert isinstance(site.arrivals, ChangingIntensity)
        site.arrivals.multiply(self._world.env.now, factor)
        if site in self._awaiting:
            self._awaiting.discard(site)
            self._changing[site].interrupt()

    def _plan_closing(self, site: Site) -> None:
        """Schedule the closing of a site on a date, or after days without a randomisation.

        Nothing is scheduled for a site that waits for an amendment, and closes after such days: `opens` does that.
        """
        closes = site.design.settings.closes
        if closes is None or (site.is_waiting and not isinstance(closes, date)):
            return
        env = self._world.env
        if isinstance(closes, date):
            day = self._world.clock.day_of(closes)
            env.call_at(day, lambda: self.close(site, events.CLOSED_DATE))
            return
        path = f"{site.design.paths['closes']}.after_days_without_randomisation"
        days = self._world.number(path, closes.after_days_without_randomisation)
        self._watch(site, days)

    def _watch(self, site: Site, days: float) -> None:
        """Close the site after `days` without a randomisation while recruitment was open."""

        def look() -> None:
            quiet_since = max(site.last_randomised, self._reopened_on)
            if site.closed_on is not None:
                return
            if not self._enrolment.recruiting:
                self._at_reopening.append(lambda: self._watch(site, days))
            elif quiet_since + days > self._world.env.now:
                self._watch(site, days)
            else:
                self.close(site, events.CLOSED_DROUGHT)

        self._world.env.call_at(max(site.last_randomised, self._reopened_on) + days, look)

    def reopened(self) -> None:
        """Handle the reopening of recruitment: sites due to close do so; days without randomisation count from now."""
        self._reopened_on = self._world.env.now
        waiting, self._at_reopening = self._at_reopening, []
        for call in waiting:
            call()

    def randomised_at(self, site: Site) -> None:
        """Count a randomisation at a site, and close the site if it is full.

        Args:
            site: the site.
        """
        site.n_randomised += 1
        site.last_randomised = self._world.env.now
        if site.n_randomised == site.design.settings.max_participants:
            self.close(site, events.CLOSED_FULL)

    def close(self, site: Site, reason: int) -> None:
        """Close a site for good; no effect if it is closed.

        While recruitment is closed no site looks at referrals. A site that is due to close then closes when recruitment
        reopens. A full site closes at once: it takes nobody else, not even people admitted beyond the target.

        Args:
            site: the site.
            reason: code of the vocabulary `site_closed`.
        """
        if site.closed_on is not None:
            return
        if not (self._enrolment.recruiting or reason == events.CLOSED_FULL):
            self._at_reopening.append(lambda: self.close(site, reason))
            return
        site.closed_on = self._world.env.now
        self._world.record(events.SITE_CLOSED, site.index, code=reason)
        self._on_closed(site)

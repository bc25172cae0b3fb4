"""Sites: when they open, how fast they refer, and when they close."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import date

from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import GroupDesign
from sim.core.environment import Wait
from sim.core.intensity import intensity
from sim.core.people import Person, Site
from sim.core.places import Places
from sim.core.roles import Recruiting
from sim.core.world import World


def make_sites(world: World) -> list[Site]:
    """The sites of a replication: activation, own rate, and arrivals of each."""
    return [site for group in world.design.groups for site in _group_sites(world, group)]


def _group_sites(world: World, group: GroupDesign) -> Iterator[Site]:
    settings, paths = group.settings, group.paths
    ramp = settings.ramp_up
    ramp_days = world.number(f"{paths['ramp_up']}.days", ramp.days) if ramp else 0.0
    start = world.number(f"{paths['ramp_up']}.start_fraction", ramp.start_fraction) if ramp else 1.0
    steps, horizon = world.calendar(group.name), world.design.horizon_days
    observed = world.batch.observed
    arrivals_from = 0.0 if observed is None else observed.arrivals_from
    drawn = zip(*(column[:, world.row].tolist() for column in world.batch.sites(group)), strict=True)
    for row, (rate, active) in enumerate(drawn):
        opens = max(active, world.starts or 0.0)
        known = None if observed is None else observed.sites.get((group.name, row))
        yield Site(
            index=group.first_site + row,
            group=group.name,
            row=row,
            n_sites=group.count,
            design=group,
            activates=active,
            per_month=rate,
            arrivals=intensity(rate / MONTH_DAYS, steps, max(opens, arrivals_from), horizon, active, ramp_days, start),
            coordinators=Places(world.env, settings.coordinators),
            bays=Places(world.env, settings.infusion_bays),
            last_randomised=opens if known is None or known.last_randomised is None else known.last_randomised,
        )


class Recruitment:
    """Sites at work: activation, referrals, closing.

    Args:
        world: the replication's surroundings.
        sites: all sites.
        enrolment: the gate before randomisation.
        people_of: patients of a site whom someone must deal with, in order of time.
        take: deals with one of them.
        on_closed: called when a site has closed for good.
    """

    def __init__(
        self,
        world: World,
        sites: list[Site],
        enrolment: Recruiting,
        people_of: Callable[[Site], Iterator[Person]],
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
        for site in sites:
            world.env.start(self._recruit(site))
            self._plan_closing(site)

    def _recruit(self, site: Site) -> Generator[Wait, None, None]:
        """One site, from activation on."""
        env, enrolment = self._world.env, self._enrolment
        yield site.activates
        while not enrolment.recruiting:  # nobody opens a site for nobody: it opens if recruitment does
            yield enrolment.reopened
        if site.closed_on is not None:
            return
        self._world.record(events.SITE_ACTIVATED, site.index, amount=site.per_month)
        for person in self._people_of(site):
            if person.referred < env.now:
                continue  # came while recruitment was closed
            yield person.referred
            if site.closed_on is not None:
                return
            if enrolment.recruiting:
                self._take(person)
            else:
                yield enrolment.reopened

    def _plan_closing(self, site: Site) -> None:
        closes = site.design.settings.closes
        if closes is None:
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
        """Close the site once it has gone without a randomisation for so long while recruitment was open."""

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
        """Recruitment has opened again: sites whose day came meanwhile close, and droughts are counted from now."""
        self._reopened_on = self._world.env.now
        waiting, self._at_reopening = self._at_reopening, []
        for call in waiting:
            call()

    def randomised_at(self, site: Site) -> None:
        """Count a randomisation at a site; it closes when it has all it may have."""
        site.n_randomised += 1
        site.last_randomised = self._world.env.now
        if site.n_randomised == site.design.settings.max_participants:
            self.close(site, events.CLOSED_FULL)

    def close(self, site: Site, reason: int) -> None:
        """Close a site for good, unless it is closed already.

        While recruitment is closed no site looks at referrals. One whose day comes then closes if recruitment opens
        again; one that is full takes nobody more, not even those who were let in beyond the target.
        """
        if site.closed_on is not None:
            return
        if not (self._enrolment.recruiting or reason == events.CLOSED_FULL):
            self._at_reopening.append(lambda: self.close(site, reason))
            return
        site.closed_on = self._world.env.now
        self._world.record(events.SITE_CLOSED, site.index, code=reason)
        self._on_closed(site)

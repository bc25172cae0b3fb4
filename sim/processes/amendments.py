"""Amendments and contingencies: when each is decided and comes into force, and what it changes from then on.

Sites, rates and arms are changed by functions of the rules that own them; criteria and consent are kept here, and
asked for when a patient comes. Criteria are bits, in the order of the design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from sim.core import events
from sim.core.amended import CONSENT, RETURN
from sim.core.clock import MONTH_DAYS
from sim.core.design import ArmDesign
from sim.core.people import Person, Site
from sim.core.roles import Opening, Recruiting, StartingUp
from sim.core.world import World
from sim.scenario.amendment_checks import waiting_arms
from sim.scenario.schema.amendments import Amendment


class Amendments:
    """The amendments of a trial: decided at their moment if their condition holds, in force after a delay.

    Args:
        world: the replication's surroundings.
        sites: all sites.
        enrolment: the gate before randomisation.
        recruitment: opens sites and changes their rates.
        start_up: begins the start-up of sites.
        inside: everyone between consent and randomisation, or waiting for rescreening.
        arm_opens: called when an arm opens (True), or closes or will never open (False).
    """

    def __init__(
        self,
        world: World,
        sites: list[Site],
        enrolment: Recruiting,
        recruitment: Opening,
        start_up: StartingUp,
        inside: Iterable[Person],
        arm_opens: Callable[[ArmDesign, bool], None],
    ) -> None:
        self._world = world
        self._sites = sites
        self._enrolment = enrolment
        self._recruitment = recruitment
        self._start_up = start_up
        self._inside = inside
        self._arm_opens = arm_opens
        self._open_arms = {arm.name for arm in world.design.arms} - waiting_arms(world.scenario)
        self._rules = [world.scenario.amendments[name] for name in world.design.amendments]
        self._spans: list[list[tuple[float, int]]] = [[] for _ in sites]
        self._dropped = [0] * len(sites)
        self._consent: list[float | None] = [None] * len(sites)
        self._u_consent, self._u_return = world.column(CONSENT), world.column(RETURN)
        self._p_return = 0.0
        rescreen = world.scenario.screening.rescreen
        if rescreen is not None:
            self._p_return = world.probability("screening.rescreen.probability", rescreen.probability)
        self._n = 0
        self._over: set[int] = set()  # amendments that will open no more sites
        for code, rule in enumerate(self._rules):
            day = self._day_of(rule)
            if day is not None:
                world.env.call_at(day, partial(self._decide, code))

    def _day_of(self, rule: Amendment) -> float | None:
        """Day on which an amendment is decided; None if it waits for a number of randomisations."""
        if rule.on is not None:
            return self._world.clock.day_of(rule.on)
        return None if rule.at_month is None else rule.at_month * MONTH_DAYS

    # --- when

    def randomised(self) -> None:
        """Count a randomisation, and decide amendments that wait for that number."""
        self._n += 1
        for code, rule in enumerate(self._rules):
            if rule.at_randomised == self._n:
                self._decide(code)

    def _decide(self, code: int) -> None:
        """Decide an amendment at its moment if its condition holds, and schedule when it comes into force."""
        world, rule = self._world, self._rules[code]
        if rule.if_fewer_than is not None and not (self._enrolment.recruiting and self._n < rule.if_fewer_than):
            world.record(events.AMENDMENT_NOT_NEEDED, number=self._n, code=code)
            self._opens_nothing(code)
            return
        world.record(events.AMENDMENT_DECIDED, number=self._n, code=code)
        path = f"amendments.{world.design.amendments[code]}.after_days"
        days = world.varying(path, rule.after_days)(world.single(path))
        world.env.call_at(world.env.now + days, lambda: self._in_force(code))

    def _opens_nothing(self, code: int) -> None:
        """Close waiting sites for good that only this amendment could have opened."""
        self._over.add(code)
        for site in self._sites:
            if site.is_waiting and site.closed_on is None and not self._openers(site):
                self._recruitment.never_opens(site)
        for arm in self._arms(self._rules[code].opens_arms):
            if arm.name not in self._open_arms:
                self._arm_opens(arm, False)

    def _arms(self, names: tuple[str, ...] | None) -> list[ArmDesign]:
        return [arm for arm in self._world.design.arms if arm.name in (names or ())]

    def _openers(self, site: Site) -> list[Amendment]:
        """Amendments that may still open a site."""
        return [rule for code, rule in enumerate(self._rules) if code not in self._over and _is_in(site, rule.opens)]

    def may_open(self, site: Site) -> bool:
        """Whether a site may still open.

        Args:
            site: any site.

        Returns:
            True if it does not wait for an amendment, or an amendment may still open it without further randomisations.
        """
        return not site.is_waiting or any(
            rule.at_randomised is None or rule.at_randomised <= self._n for rule in self._openers(site)
        )

    def may_open_an_arm(self) -> bool:
        """Whether an arm may still open without further randomisations."""
        return any(
            set(rule.opens_arms or ()) - self._open_arms
            and (rule.at_randomised is None or rule.at_randomised <= self._n)
            for code, rule in enumerate(self._rules)
            if code not in self._over
        )

    # --- what

    def _in_force(self, code: int) -> None:
        """Apply everything that an amendment changes: sites, arms, criteria, consent, rates, and people in screening.

        In a trial under way, rates observed until the end of the data include the factors of amendments before it.
        """
        world, rule, name = self._world, self._rules[code], self._world.design.amendments[code]
        world.record(events.AMENDMENT_IN_FORCE, number=self._n, code=code)
        self._open(rule)
        self._over.add(code)
        self._change_arms(rule)
        bits = world.design.amended.dropped[name]
        factor = 1.0
        if rule.referrals_times is not None and world.env.now >= world.known_until:  # observed rates include it
            factor = world.number(f"amendments.{name}.referrals_times", rule.referrals_times)
        for site in self._sites:
            if rule.groups is not None and site.group not in rule.groups:
                continue
            if bits:
                self._dropped[site.index] |= bits
                self._spans[site.index].append((world.env.now, bits))
            if rule.consent is not None:
                self._consent[site.index] = world.probability(f"amendments.{name}.consent", rule.consent)
            if factor != 1.0:
                self._recruitment.multiply_rate(site, factor)
        if rule.in_screening:
            for person in self._inside:
                if not rule.groups or person.site.group in rule.groups:
                    person.tests_failed &= ~bits

    def _change_arms(self, rule: Amendment) -> None:
        """Open and close arms; an arm that is so already stays."""
        for arm in self._arms(rule.opens_arms):
            if arm.name not in self._open_arms:
                self._open_arms.add(arm.name)
                self._world.record(events.ARM_OPENED, code=arm.index)
                self._arm_opens(arm, True)
        for arm in self._arms(rule.closes_arms):
            if arm.name in self._open_arms:
                self._open_arms.remove(arm.name)
                self._world.record(events.ARM_CLOSED, code=arm.index)
                self._arm_opens(arm, False)

    def _open(self, rule: Amendment) -> None:
        """Begin the start-up of sites that wait for this amendment; the first of several opens them."""
        since = max(self._world.env.now, self._world.known_until)  # a site not open in the data opens after them
        for group in self._world.design.groups:
            if group.name in (rule.opens or ()):
                sites = self._sites[group.first_site : group.first_site + group.count]
                waiting = [site for site in sites if site.is_waiting and site.closed_on is None]
                days = self._start_up.open(group, [site.row for site in waiting], since)
                for site, day in zip(waiting, days, strict=True):
                    self._recruitment.opens(site, day)

    # --- who

    def lets_past_chart(self, person: Person) -> bool:
        """Judge a patient by the criteria of the chart that are still in force; the log gets an exclusion for good.

        Args:
            person: the patient; criteria that were dropped are removed from them.

        Returns:
            True if the chart does not exclude them, or they will come back after a reason that passes.
        """
        dropped = self._dropped[person.site.index]
        person.chart_failed &= ~dropped
        person.tests_failed &= ~dropped
        failed = person.chart_failed
        if not failed:
            return True
        if self._world.design.amended.may_return(failed) and self._u_return(person.values) < self._p_return:
            return True
        first = (failed & -failed).bit_length() - 1
        self._world.record(events.CHART_FAILED, person.site.index, person.referral, failed, first)
        return False

    def excuse(self, person: Person) -> None:
        """Remove dropped criteria from an observed person who enters screening.

        Args:
            person: the person; criteria dropped at their site no longer count against them.
        """
        person.tests_failed &= ~self._dropped[person.site.index]

    def consents(self, person: Person) -> bool:
        """Whether a patient consents if asked now.

        Args:
            person: a patient whom the chart does not exclude.

        Returns:
            The answer by the amended probability of consent at their site, or their own if it was not amended.
        """
        consent = self._consent[person.site.index]
        return person.consents if consent is None else self._u_consent(person.values) < consent

    def spans(self, site: Site) -> Iterator[tuple[float, int]]:
        """Criteria dropped at a site; see `sim.core.roles.Amending`.

        Args:
            site: the site.

        Returns:
            (day from which they are dropped, criteria as bits) of each amendment, in order of time.
        """
        return iter(self._spans[site.index])


def _is_in(site: Site, groups: tuple[str, ...] | None) -> bool:
    return groups is not None and site.group in groups

"""Couriers: a delivery of cells for each dose, from the manufacturer's stock to the site.

A delivery leaves some days before its dose is due, or as soon as there are cells. One that is lost on the way is
ordered again when it should have come. One that lies at the site for too long goes bad, and is ordered again once the
participant is ready for the dose.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from simpy.events import Event

from sim.core import events
from sim.core.environment import Wait
from sim.core.people import Person
from sim.core.roles import Claim, Supply
from sim.core.world import World
from sim.scenario.schema.treatment import Courier

_AGAIN = 1 << 24  # the draws of a dose's next delivery are this many places further on, beyond any referral
_FAILS, _DAYS, _LIFE = range(3)  # places of a delivery's uniform numbers
_N_DRAWS = 3


class Delivery:
    """The cells of one dose on their way; see `sim.core.roles.Claim`.

    Args:
        couriers: what it is one of.
        person: the participant.
        number: number of the dose, from 1.
        week: week of the dose.
        cells: what it takes.

    Attributes:
        cells: the same.
        is_granted: whether the cells are at the site, and not too old.
        is_thawed: whether the dose has begun.
        is_claimed: whether the participant is ready for the dose.
    """

    def __init__(self, couriers: Couriers, person: Person, number: int, week: float, cells: float) -> None:
        self._couriers = couriers
        self._person = person
        self._number = number
        self._week = week
        self.cells = cells
        self._claim: Claim | None = None
        self._there: Event | None = None
        self._n_sent = 0
        self._is_going = self._is_out = False
        self._is_wanted = True
        self.is_granted = self.is_thawed = self.is_claimed = False

    def wait(self) -> Event:
        """The event of having the cells at the site."""
        self._there = self._couriers.world.env.event()
        return self._there

    def thaw(self) -> None:
        """Begin the dose."""
        self.is_thawed = True

    def cancel(self) -> None:
        """Do nothing: what becomes of cells that are not given is settled when the dose is no longer due."""

    def begin(self) -> None:
        """Order the cells, unless they are there, ordered, or no longer wanted."""
        if self._is_wanted and not (self._is_going or self.is_granted or self._couriers.is_over()):
            self._is_going = True
            self._couriers.world.env.start(self._go())

    def again(self) -> Delivery:
        """Another delivery for the same dose, which was thawed and lost.

        Returns:
            A delivery with the same dose and cells, which is not under way yet.
        """
        other = Delivery(self._couriers, self._person, self._number, self._week, self.cells)
        other._n_sent = self._n_sent
        return other

    def give_up(self) -> float:
        """Stop the delivery.

        Returns:
            Cells that had left the stock, and are lost.
        """
        self._is_wanted = False
        if self._is_out:
            self._lose(events.LOST_NOT_NEEDED)
            return self.cells
        if self._claim is not None:
            self._claim.cancel()
        return 0.0

    def _go(self) -> Generator[Wait, None, None]:
        """Process of deliveries until one arrives."""
        couriers, env = self._couriers, self._couriers.world.env
        while True:
            self._claim = couriers.supply.claim(self._person, self.cells)
            if not self._claim.is_granted:
                yield self._claim.wait()
            if not self._is_wanted or couriers.is_over():
                return
            sent, u = env.now, self._leave()
            yield sent + couriers.days(u[_DAYS])
            if not self._is_wanted:
                return
            if u[_FAILS] >= couriers.p_failure:
                break
            self._lose(events.LOST_ON_THE_WAY)
            couriers.supply.more_due(self._person, self.cells)
        self._is_going = False
        self._arrive(env.now - sent, u[_LIFE])

    def _leave(self) -> list[float]:
        """Take the cells out of the stock; returns the delivery's uniform numbers."""
        assert self._claim is not None
        self._claim.thaw()
        self._claim = None
        self._couriers.supply.thawed(self._person, self.cells)
        self._is_out = True
        self._record(events.COURIER_SENT, amount=self.cells)
        u = self._couriers.draws(self._person, self._week, self._n_sent)
        self._n_sent += 1
        return u

    def _arrive(self, days: float, u_life: float) -> None:
        """Have the cells at the site, until they are too old."""
        couriers, env = self._couriers, self._couriers.world.env
        self.is_granted = True
        self._record(events.COURIER_ARRIVED, amount=days)
        if couriers.life_hours is not None:
            env.call_at(env.now + couriers.life_hours(u_life) / 24, self._grow_old)
        if self._there is not None and not self._there.triggered:
            self._there.succeed()

    def _grow_old(self) -> None:
        """Lose cells that are too old; a participant who is ready gets others."""
        if self._is_out and self.is_granted and not self.is_thawed:
            self._lose(events.LOST_TOO_OLD)
            self._couriers.supply.more_due(self._person, self.cells)
            if self.is_claimed:
                self.begin()

    def _lose(self, reason: int) -> None:
        """Lose cells that have left the stock."""
        self._is_out = self.is_granted = False
        self._record(events.COURIER_LOST, reason, self.cells)

    def _record(self, kind: int, code: int = 0, amount: float = 0.0) -> None:
        person = self._person
        self._couriers.world.record(kind, person.site.index, person.referral, self._number, code, amount)


class Couriers:
    """A source of cells behind couriers, for infusions; see `sim.core.roles.Supply`.

    Args:
        world: the replication's surroundings.
        supply: the manufacturer's source of cells.
        rules: the scenario's couriers.
        is_over: whether dosing has ended for good.

    Attributes:
        world: the same; so are `supply` and `is_over`.
        days: days on the way from a uniform number.
        life_hours: hours of life at the site from a uniform number; None if cells keep.
        p_failure: probability that a delivery is lost on the way.
    """

    def __init__(self, world: World, supply: Supply, rules: Courier, is_over: Callable[[], bool]) -> None:
        self.world = world
        self.supply = supply
        self.is_over = is_over
        self.days = world.varying("cells.courier.days", rules.days)
        path = "cells.courier.life_hours"
        self.life_hours = None if rules.life_hours is None else world.varying(path, rules.life_hours)
        self.p_failure = world.probability("cells.courier.failure", rules.failure)
        self._ahead = world.number("cells.courier.ahead_days", rules.ahead_days)
        self._current: dict[Person, Delivery] = {}

    def draws(self, person: Person, week: float, n_sent: int) -> list[float]:
        """Uniform numbers of one delivery of the dose of a week.

        Args:
            person: the participant.
            week: week of the dose.
            n_sent: number of deliveries of this dose before.

        Returns:
            Three numbers in [0, 1): whether it is lost, days on the way, and hours of life at the site.
        """
        site = person.site
        n = person.referral + n_sent * _AGAIN
        drawn = self.world.person_draws(f"cells.courier.{week:.12g}", site.group, site.row, n, _N_DRAWS)
        found: list[float] = drawn.tolist()
        return found

    def prepare(self, person: Person, number: int, week: float, cells: float, due: float) -> None:
        """Plan the delivery of a dose that will be due.

        Args:
            person: the participant.
            number: number of the dose, from 1.
            week: week of the dose.
            cells: what it takes.
            due: when it is due.
        """
        if cells > 0:
            delivery = self._current[person] = Delivery(self, person, number, week, cells)
            self.world.env.call_at(due - self._ahead, delivery.begin)

    def claim(self, person: Person, cells: float) -> Claim:
        """The delivery of the dose that is due; it is ordered now if nothing is on the way.

        Args:
            person: the participant, who is ready for the dose.
            cells: cells of the dose.

        Returns:
            The delivery; a claim on the stock itself if no delivery was planned, as for a dose without cells.
        """
        delivery = self._current.get(person)
        if delivery is None:
            return self.supply.claim(person, cells)
        delivery.is_claimed = True
        delivery.begin()
        return delivery

    def ready_for(self, person: Person) -> Event | None:
        """What a first dose waits for besides its delay."""
        return self.supply.ready_for(person)

    def thawed(self, person: Person, cells: float) -> None:
        """Count a dose that started; cells that a courier brought were counted when they left."""
        if person not in self._current:
            self.supply.thawed(person, cells)

    def less_due(self, person: Person, cells: float) -> None:
        """Count doses that are no longer due; a delivery that was on its way, or there, is lost.

        Args:
            person: the participant.
            cells: cells of these doses; those that had left the stock were subtracted when they left.
        """
        delivery = self._current.get(person)
        if delivery is not None and not delivery.is_thawed:
            del self._current[person]
            cells -= delivery.give_up()
        if cells > 0:
            self.supply.less_due(person, cells)

    def more_due(self, person: Person, cells: float) -> None:
        """Count a dose that is due again, because it was thawed and lost, and order it.

        Args:
            person: the participant.
            cells: cells of the dose.
        """
        self.supply.more_due(person, cells)
        lost = self._current.get(person)
        if lost is not None:
            again = self._current[person] = lost.again()
            again.begin()

    def no_more_for(self, person: Person) -> None:
        """Forget a participant who has no more doses to come."""
        self._current.pop(person, None)
        self.supply.no_more_for(person)

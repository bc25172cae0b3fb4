"""Interfaces between families of processes, so that they need not import one another.

Each names who plays it and for whom: `Recruiting` is the gate before randomisation as sites and referrals see it. What
a process does not need is not in its interface, so that a reader sees what one rule can do to another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from simpy.events import Event

from sim.core.design import GroupDesign
from sim.core.people import Person, Site


class Recruiting(Protocol):
    """The gate before randomisation, for sites and referrals.

    Attributes:
        recruiting: whether sites look at referrals.
        reopened: happens when recruitment opens again; replaced by a new event each time.
        intervals: (start, end) of each interval of recruitment; the end is None for the current one.
        pauses: (start, end) of each interval in which new patients were turned away.
    """

    recruiting: bool
    reopened: Event
    intervals: list[tuple[float, float | None]]
    pauses: list[tuple[float, float]]


class Capping(Protocol):
    """The caps, for referrals."""

    def spans(self, site: Site) -> Iterator[tuple[float, float, int]]:
        """Intervals in which a full cap kept a site from asking anyone for consent.

        Args:
            site: any site of the trial.

        Returns:
            (start, end, code of turning away) of each.
        """


class Amending(Protocol):
    """The amendments, for referrals."""

    def spans(self, site: Site) -> Iterator[tuple[float, int]]:
        """Criteria that amendments dropped at a site.

        Args:
            site: the site.

        Returns:
            (start, criteria as bits) of each amendment, in order of time.
        """


class Opening(Protocol):
    """Sites, for amendments."""

    def opens(self, site: Site, day: float) -> None:
        """Activate a site that waited for an amendment, on a given day.

        Args:
            site: the site.
            day: days since day 0.
        """

    def never_opens(self, site: Site) -> None:
        """Close a waiting site for good: no amendment will open it.

        Args:
            site: a site whose group waits for an amendment.
        """

    def multiply_rate(self, site: Site, factor: float) -> None:
        """Multiply a site's referral rate from now on.

        Args:
            site: an open site, or one that will open.
            factor: multiplies the rate that holds now; 1 changes nothing.
        """


class StartingUp(Protocol):
    """Start-up of sites, for amendments."""

    def open(self, group: GroupDesign, rows: Sequence[int], since: float) -> list[float]:
        """Begin the start-up of sites of a group.

        Args:
            group: the group.
            rows: their numbers in the group, from 0.
            since: day on which start-up begins.

        Returns:
            Day of activation of each.
        """


class Pausing(Protocol):
    """The gate before randomisation, for the safety board, the sentinel rule and interim looks.

    Attributes:
        is_over: whether recruitment has closed for good.
    """

    is_over: bool

    def pause(self, reason: int, days: float) -> None:
        """Randomise nobody for some days; `reason` is a code of the vocabulary `pause`.

        Args:
            reason: why, as it stands in the log.
            days: length from now; eligible people wait. In some pauses sites turn new patients away, too.
        """

    def pause_until_told(self, reason: int) -> None:
        """Randomise nobody until each call of this method is matched by a call of `go_on`.

        Args:
            reason: a code of the vocabulary `pause`; reasons are counted one by one.
        """

    def go_on(self, reason: int) -> None:
        """Take back one call of `pause_until_told` for the same reason.

        Args:
            reason: a code of the vocabulary `pause`.
        """

    def close(self, reason: int) -> None:
        """Stop recruitment for good; `reason` is a code of the vocabulary `recruitment_closed`.

        Args:
            reason: why, as it stands in the log.
        """


class Claim(Protocol):
    """Cells claimed for one dose; once thawed, they cannot go back.

    Attributes:
        is_granted: whether the cells are reserved for the dose.
        is_thawed: whether the cells are thawed.
    """

    is_granted: bool
    is_thawed: bool

    def wait(self) -> Event:
        """The event of getting the cells; only for a claim that was not granted at once."""

    def thaw(self) -> None:
        """Use the cells now."""

    def cancel(self) -> None:
        """Give up the claim: granted cells go back unless they are thawed, and a waiting claim leaves the queue."""


class Supply(Protocol):
    """The source of cells, for infusions."""

    def claim(self, person: Person, cells: float) -> Claim:
        """Claim the cells of one dose.

        Args:
            person: the participant.
            cells: number of cells; 0 for a drug.

        Returns:
            The claim, which may have been granted at once.
        """

    def ready_for(self, person: Person) -> Event | None:
        """The event that a first dose waits for besides its delay; None if it waits for nothing.

        Args:
            person: a participant, after `randomised`.
        """

    def thawed(self, person: Person, cells: float) -> None:
        """Note that a dose that was due has started; its claim is thawed.

        Args:
            person: the participant.
            cells: cells of the dose, which are no longer due.
        """

    def less_due(self, person: Person, cells: float) -> None:
        """Note that a participant is due fewer cells: a dose was missed, or no more will be given.

        Args:
            person: the participant.
            cells: number of cells no longer due.
        """

    def more_due(self, person: Person, cells: float) -> None:
        """Note that a participant is due cells again: a dose was lost and will be repeated.

        Args:
            person: the participant.
            cells: number of cells of the dose.
        """

    def no_more_for(self, person: Person) -> None:
        """Note that a participant will have no more doses.

        Args:
            person: a participant who has had the last dose, or has left; cells kept for them alone are discarded.
        """


class Delivering(Supply, Protocol):
    """A source of cells that are delivered for each dose, for infusions."""

    def prepare(self, person: Person, number: int, week: float, cells: float, due: float) -> None:
        """Plan the delivery of a dose.

        Args:
            person: the participant.
            number: number of the dose, from 1.
            week: week of the dose.
            cells: what it takes.
            due: when it is due.
        """


class Holding(Protocol):
    """The safety board, for infusions.

    Attributes:
        ended: whether dosing has ended for good.
        held_until: end of the current hold of dosing.
    """

    ended: bool
    held_until: float

    def unless_ended(self, event: Event) -> Event:
        """Make an event happen when dosing ends for good, if it has not happened by then; returns the same event.

        Args:
            event: an event for which a participant waits, such as the end of a hold.
        """

    def first_dose(self, person: Person) -> None:
        """Note the first dose of a participant.

        Args:
            person: the participant, at the time of the dose.
        """

    def severe_reaction(self, person: Person, u: float) -> None:
        """Note a severe reaction; the uniform number `u` decides whether it leads to a hold.

        Args:
            person: the participant who has the reaction.
            u: a uniform number in [0, 1) at the place of this dose.
        """

"""What one family of processes may ask of another, so that they need not import each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from simpy.events import Event

from sim.core.people import Person, Site


class Recruiting(Protocol):
    """The gate before randomisation, as sites and referrals see it."""

    recruiting: bool
    reopened: Event
    intervals: list[tuple[float, float | None]]
    pauses: list[tuple[float, float]]


class Capping(Protocol):
    """The caps, as referrals see them."""

    def spans(self, site: Site) -> Iterator[tuple[float, float, int]]:
        """(start, end, code of turning away) of the times at which nobody of a site was asked for consent."""


class Amending(Protocol):
    """The amendments, as referrals see them."""

    def spans(self, site: Site) -> Iterator[tuple[float, int]]:
        """(start, criteria as bits) of what is no longer asked of those referred at a site, each in order of time."""


class Opening(Protocol):
    """Sites, as amendments see them."""

    def opens(self, site: Site, day: float) -> None:
        """A site that waited is to be activated on a day."""

    def never_opens(self, site: Site) -> None:
        """A site that waits will never be opened."""

    def multiply_rate(self, site: Site, factor: float) -> None:
        """Multiply a site's rate of referrals from now on."""


class Pausing(Protocol):
    """The gate before randomisation, as the safety board, the sentinel rule and interim looks see it."""

    is_over: bool

    def pause(self, reason: int, days: float) -> None:
        """Randomise nobody for a while."""

    def pause_until_told(self, reason: int) -> None:
        """Randomise nobody until `go_on` is called, as often as this was."""

    def go_on(self, reason: int) -> None:
        """One of those who paused recruitment until told lets it go on."""

    def close(self, reason: int) -> None:
        """Stop recruiting for good."""


class Claim(Protocol):
    """Cells asked for one dose; once thawed they cannot go back."""

    is_granted: bool
    is_thawed: bool

    def wait(self) -> Event:
        """An event that happens when the cells are there, for a claim that is not granted at once."""

    def thaw(self) -> None:
        """The cells are used now, and cannot go back."""

    def cancel(self) -> None:
        """The cells are not wanted: what was granted goes back unless it is thawed, and nobody waits any more."""


class Supply(Protocol):
    """Where cells come from, as infusions see it."""

    def claim(self, person: Person, cells: float) -> Claim:
        """Ask for the cells of one dose."""

    def ready_for(self, person: Person) -> Event | None:
        """What a first dose has to wait for besides its delay, if anything."""

    def thawed(self, person: Person, cells: float) -> None:
        """A dose that was due is under way; its claim is thawed."""

    def less_due(self, person: Person, cells: float) -> None:
        """So many cells are no longer due to a participant: a dose missed, or all that remain."""

    def more_due(self, person: Person, cells: float) -> None:
        """So many cells are due again to a participant: a dose was lost, and is tried again."""

    def no_more_for(self, person: Person) -> None:
        """A participant will have no more doses."""


class Holding(Protocol):
    """The safety board, as infusions see it."""

    ended: bool
    held_until: float

    def unless_ended(self, event: Event) -> Event:
        """The event, made to happen when dosing ends for good, if it has not by then."""

    def first_dose(self, person: Person) -> None:
        """A participant has had a first dose."""

    def severe_reaction(self, person: Person, u: float) -> None:
        """A severe reaction has happened; a uniform number decides whether it leads to a hold."""

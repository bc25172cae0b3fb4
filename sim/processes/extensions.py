"""Extensions in a simulated trial: what they see of it, and what they do to it (see `sim.extension`).

Extensions get wrappers and not the objects of the trial, so that they depend on a stable interface only. What each
method promises is written in the protocols of `sim.extension`; here is how it is done.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from simpy.events import Event as SimpyEvent

from sim.core import events
from sim.core.environment import Wait
from sim.core.extended import ExtensionDesign
from sim.core.people import Person, Site
from sim.core.places import HoldablePlaces, Places
from sim.core.world import World
from sim.errors import nearest
from sim.extension import Event, Extension
from sim.extension import Participant as AnyParticipant
from sim.extension import Site as AnySite


@dataclass(frozen=True, slots=True)
class SiteSeen:
    """A site, as an extension sees it; see `sim.extension.Site`.

    Attributes:
        of: the site itself.
    """

    of: Site

    @property
    def index(self) -> int:
        """Its number among all sites, from 0."""
        return self.of.index

    @property
    def group(self) -> str:
        """Name of its group."""
        return self.of.group

    @property
    def number(self) -> int:
        """Its number in the group, from 1."""
        return self.of.row + 1

    @property
    def activates(self) -> float:
        """Day on which it may begin to look at referrals."""
        return self.of.activates

    @property
    def is_closed(self) -> bool:
        """Whether it has stopped looking at referrals for good."""
        return self.of.closed_on is not None

    @property
    def n_randomised(self) -> int:
        """Participants so far."""
        return self.of.n_randomised


@dataclass(frozen=True, slots=True)
class ParticipantSeen:
    """A participant, as an extension sees them; see `sim.extension.Participant`.

    Attributes:
        of: the person.
        site: their site.
    """

    of: Person
    site: SiteSeen

    @property
    def number(self) -> int:
        """Order of randomisation, from 1."""
        return self.of.number

    @property
    def patient(self) -> int:
        """Number among the referrals of the site, from 0."""
        return self.of.referral

    @property
    def arm(self) -> str:
        """Name of the arm."""
        assert self.of.arm is not None
        return self.of.arm.name

    @property
    def randomised(self) -> float:
        """Day of randomisation."""
        return self.of.randomised

    @property
    def has_left(self) -> bool:
        """Whether they have completed the trial or left it."""
        return self.of.has_left


@dataclass(frozen=True)
class Doors:
    """The functions of a trial that extensions may use.

    Attributes:
        is_recruiting: whether sites look at referrals.
        pause: randomise nobody, for a reason (code) and a number of days.
        close_site: close a site, for a reason (code).
        leave: let a participant leave now, by the code of a way of leaving.
    """

    is_recruiting: Callable[[], bool]
    pause: Callable[[int, float], None]
    close_site: Callable[[Site, int], None]
    leave: Callable[[Person, int], None]


class TrialSeen:
    """A simulated trial, as one extension sees it and acts on it; see `sim.extension.Trial`.

    Args:
        world: the replication's surroundings.
        design: the extension.
        sites: all sites.
        participants: those randomised so far; grows with the trial.
        doors: functions of the trial that it may use.
    """

    def __init__(
        self,
        world: World,
        design: ExtensionDesign,
        sites: list[SiteSeen],
        participants: list[ParticipantSeen],
        doors: Doors,
    ) -> None:
        self._world = world
        self._design = design
        self._sites = sites
        self._participants = participants
        self._doors = doors

    @property
    def now(self) -> float:
        """Days since day 0."""
        return self._world.env.now

    @property
    def date(self) -> date:
        """The date of now."""
        return self._world.clock.date_of(self._world.env.now)

    @property
    def horizon_days(self) -> float:
        """Day on which the simulation gives up."""
        return self._world.design.horizon_days

    @property
    def is_recruiting(self) -> bool:
        """Whether sites look at referrals."""
        return self._doors.is_recruiting()

    @property
    def sites(self) -> tuple[SiteSeen, ...]:
        """All sites."""
        return tuple(self._sites)

    @property
    def participants(self) -> tuple[ParticipantSeen, ...]:
        """All participants so far, in order of randomisation."""
        return tuple(self._participants)

    def value(self, parameter: str, site: AnySite | None = None, n: int = 0) -> float:
        """The value of a parameter; one written with `dist` is drawn for each site and each n.

        Args:
            parameter: name of the parameter.
            site: the site that a draw belongs to; None for the trial as a whole.
            n: which of several draws.

        Returns:
            The value; the same at every call with the same arguments.

        Raises:
            KeyError: the extension has no such parameter.
        """
        values, path = self._design.parameters, self._design.path(parameter)
        if parameter not in values:
            raise KeyError(f"there is no parameter '{parameter}'; {nearest(parameter, values)}")
        number = self._world.unknowns.number(path, values[parameter])
        if number is not None:
            return number
        return self._world.varying(path, values[parameter])(self._uniform(path, site, n))

    def uniform(self, purpose: str, site: AnySite | None = None, n: int = 0) -> float:
        """A random number at a place of its own.

        Args:
            purpose: what it is for; any word.
            site: the site that it belongs to; None for the trial as a whole.
            n: which of several numbers.

        Returns:
            A number in [0, 1); the same at every call with the same arguments.
        """
        return self._uniform(self._design.purpose(purpose), site, n)

    def _uniform(self, purpose: str, site: AnySite | None, n: int) -> float:
        place = ("", 0) if site is None else (site.group, site.number - 1)
        return self._world.person_draws(purpose, *place, n, 1).item()

    def start(self, process: Generator[Any, None, None]) -> None:
        """Start a process.

        Args:
            process: a generator that yields days (numbers) at which to go on, or SimPy events to wait for.

        Raises:
            TypeError: it is not a generator; or, in the process, it yields something else.
        """
        if not isinstance(process, Generator):
            raise TypeError(f"start takes a generator, that is a call of a function with yield in it, not {process!r}")
        self._world.env.start(_waits(process))

    def record(
        self, event: str, site: AnySite | None = None, participant: AnyParticipant | None = None, number: float = 0.0
    ) -> None:
        """Write an event of the extension into the log, now.

        Args:
            event: its kind, as the extension declares it.
            site: where it happens; None for the trial as a whole.
            participant: whom it concerns, whose site then counts; None for nobody.
            number: what the declared meaning says that it is.

        Raises:
            KeyError: the extension does not declare this kind of event.
        """
        kinds = self._design.events
        if event not in kinds:
            raise KeyError(f"'events' has no '{event}'; {nearest(event, kinds)}")
        where = participant.site if participant is not None else site
        index = -1 if where is None else where.index
        self._world.record(kinds[event], index, -1 if participant is None else participant.patient, float(number))

    def hold_screening(self, site: AnySite) -> None:
        """Let no screening start at a site until each hold is released."""
        _held(self._sites[site.index].of.coordinators).hold()

    def release_screening(self, site: AnySite) -> None:
        """Take back one hold of screening."""
        _held(self._sites[site.index].of.coordinators).release()

    def hold_infusions(self, site: AnySite) -> None:
        """Let no infusion start at a site until each hold is released."""
        _held(self._sites[site.index].of.bays).hold()

    def release_infusions(self, site: AnySite) -> None:
        """Take back one hold of infusions."""
        _held(self._sites[site.index].of.bays).release()

    def pause_randomisation(self, days: float) -> None:
        """Randomise nobody for some days.

        Args:
            days: length of the pause, from now; the log says that it is a hold.

        Raises:
            ValueError: `days` is negative, infinite or not a number.
        """
        if not 0 <= days < math.inf:
            raise ValueError(f"days must be 0 or more, not {days!r}")
        self._doors.pause(events.PAUSE_HOLD, float(days))

    def close_site(self, site: AnySite) -> None:
        """Close a site to new referrals for good; the log says that it closes by date."""
        self._doors.close_site(self._sites[site.index].of, events.CLOSED_DATE)

    def withdraw(self, participant: AnyParticipant, way: str) -> None:
        """Let a participant leave now, by one of the scenario's ways of leaving; no effect if they have left.

        Args:
            participant: who leaves.
            way: name of the way of leaving in `follow_up.leaving`.

        Raises:
            KeyError: the scenario has no such way of leaving.
        """
        ways = self._world.design.ways_out
        if way not in ways:
            raise KeyError(f"the scenario's follow_up.leaving has no '{way}'; {nearest(way, ways)}")
        if not participant.has_left:
            self._doors.leave(self._participants[participant.number - 1].of, ways.index(way))


def _held(places: Places) -> HoldablePlaces:
    assert isinstance(places, HoldablePlaces)
    return places


def _waits(process: Generator[Any, None, None]) -> Generator[Wait, None, None]:
    """A process of an extension, with a check of what it yields."""
    for wait in process:
        if isinstance(wait, SimpyEvent):
            yield wait
        elif isinstance(wait, (int, float)) and not math.isnan(wait):
            yield float(wait)
        else:
            process.throw(TypeError(f"yield a day (a number) or a SimPy event, not {wait!r}"))


def _teller(extension: Extension, trial: TrialSeen, name: str) -> Callable[[tuple[float, ...]], None]:
    def tell(event: tuple[float, ...]) -> None:
        day, _, site, person, number, code, amount = event
        extension.heard(trial, Event(name, day, int(site), int(person), number, int(code), amount))

    return tell


class Extensions:
    """The extensions of a replication.

    Args:
        world: the replication's surroundings.
        sites: all sites; their coordinators and bays are replaced by ones that can be held.
        doors: functions of the trial that extensions may use.
    """

    def __init__(self, world: World, sites: Sequence[Site], doors: Doors) -> None:
        self._world = world
        self._sites = [SiteSeen(site) for site in sites]
        self._participants: list[ParticipantSeen] = []
        for site in sites:
            settings = site.design.settings
            site.coordinators = HoldablePlaces(world.env, settings.coordinators)
            site.bays = HoldablePlaces(world.env, settings.infusion_bays)
        self._own = [
            (design, design.kind(), TrialSeen(world, design, self._sites, self._participants, doors))
            for design in world.design.extensions
        ]

    def begin(self) -> None:
        """Register what each extension listens to, then call `begin` of each."""
        for design, extension, trial in self._own:
            for kind, name in design.hears.items():
                self._world.heard.setdefault(kind, []).append(_teller(extension, trial, name))
        for _, extension, trial in self._own:
            extension.begin(trial)

    def randomised(self, person: Person) -> None:
        """Show a new participant to the extensions."""
        self._participants.append(ParticipantSeen(person, self._sites[person.site.index]))

"""The interface for your own rules and measures. Your file imports from here, and the package stays unchanged.

    from sim.extension import Extension, Parameter

    class QuietStart(Extension):
        name = "quiet_start"
        parameters = {"days": Parameter("Days after activation in which a site screens nobody.", "days", 14, low=0)}

        def begin(self, trial):
            for site in trial.sites:
                trial.start(self.hold(trial, site))

        def hold(self, trial, site):
            trial.hold_screening(site)
            yield site.activates + trial.value("days", site)
            trial.release_screening(site)

Use it with `sim.run("base", extensions=["quiet_start.py"])` or `trialclock run base --extension quiet_start.py`.
See `docs/how-to/add-a-rule.md`. The names in this module stay the same from version to version.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

__all__ = ["Event", "Extension", "Happened", "Measure", "Parameter", "Participant", "Site", "Trial"]


@dataclass(frozen=True)
class Parameter:
    """A number that a scenario may give to an extension, under `extensions.<extension>.parameters.<parameter>`.

    Attributes:
        meaning: what it means, as a sentence.
        unit: such as `days` or `per month`; empty for a plain number.
        default: value if the scenario gives none; None if the scenario must give one.
        low: smallest value allowed.
        high: largest value allowed.
        grade: grade of the default: A record, B published, C from memory, D assumption.
        source: source of the default.
    """

    meaning: str
    unit: str = ""
    default: float | None = None
    low: float = -math.inf
    high: float = math.inf
    grade: str = "D"
    source: str = "default of the extension"


@dataclass(frozen=True)
class Measure:
    """A number that an extension calculates from each simulated trial: a column of `replications.parquet`.

    Attributes:
        meaning: what it measures, in words.
        unit: unit of its values; `count` for whole numbers.
    """

    meaning: str
    unit: str


class Site(Protocol):
    """One site of a simulated trial."""

    @property
    def index(self) -> int:
        """Its number among all sites, from 0, as in `Event.site`."""

    @property
    def group(self) -> str:
        """Name of its group in the scenario."""

    @property
    def number(self) -> int:
        """Its number in the group, from 1."""

    @property
    def activates(self) -> float:
        """Day on which it may begin to look at referrals; negative if start-up ended before day 0."""

    @property
    def is_closed(self) -> bool:
        """Whether it has stopped looking at referrals for good."""

    @property
    def n_randomised(self) -> int:
        """Participants so far, all those of this moment included."""


class Participant(Protocol):
    """A person who has been randomised."""

    @property
    def number(self) -> int:
        """Order of randomisation, from 1."""

    @property
    def site(self) -> Site:
        """Site at which they were randomised."""

    @property
    def patient(self) -> int:
        """Number among the referrals of the site, from 0, as in `Event.patient`."""

    @property
    def arm(self) -> str:
        """Name of the arm."""

    @property
    def randomised(self) -> float:
        """Day of randomisation."""

    @property
    def has_left(self) -> bool:
        """Whether they have completed the trial or left it."""


@dataclass(frozen=True)
class Event:
    """An event that has happened, as an extension hears of it.

    Attributes:
        name: kind of event, such as `participant.randomised`.
        day: when it happened, in days since day 0.
        site: index of the site; -1 if it concerns no site.
        patient: number among the referrals of the site, from 0; -1 if it concerns no person.
        number: meaning by kind, see the reference of results.
        code: index of a word in the kind's vocabulary.
        amount: meaning by kind, see the reference of results.
    """

    name: str
    day: float
    site: int
    patient: int
    number: float
    code: int
    amount: float


class Trial(Protocol):
    """One simulated trial, as an extension sees it and acts on it. Times are in days since day 0."""

    @property
    def now(self) -> float:
        """The current time."""

    @property
    def date(self) -> date:
        """The date of the current time."""

    @property
    def horizon_days(self) -> float:
        """Day on which the simulation gives up."""

    @property
    def is_recruiting(self) -> bool:
        """Whether sites look at referrals."""

    @property
    def sites(self) -> Sequence[Site]:
        """All sites."""

    @property
    def participants(self) -> Sequence[Participant]:
        """All participants so far, in order of randomisation."""

    def value(self, parameter: str, site: Site | None = None, n: int = 0) -> float:
        """The value of a parameter.

        Args:
            parameter: name of the parameter.
            site: for a parameter written with `dist`, the site that the draw belongs to; None for the trial as a whole.
            n: for a parameter written with `dist`, which of several draws.

        Returns:
            The parameter's number. If the scenario writes it with `dist`, a draw of this replication at the place that
            `site` and `n` give: the same at every call with the same arguments.

        Raises:
            KeyError: the extension has no such parameter.
        """

    def uniform(self, purpose: str, site: Site | None = None, n: int = 0) -> float:
        """A random number in [0, 1) at a place of its own: the same whenever and however often it is asked for.

        Args:
            purpose: what it is for; any word.
            site: the site that it belongs to; None for the trial as a whole.
            n: which of several numbers.
        """

    def start(self, process: Generator[Any, None, None]) -> None:
        """Start a process: a generator that yields the day (a number) or the SimPy event for which it waits.

        Args:
            process: it runs up to its first wait at once; a day that has passed is reached at once.

        Raises:
            TypeError: it is not a generator.
        """

    def record(
        self, event: str, site: Site | None = None, participant: Participant | None = None, number: float = 0.0
    ) -> None:
        """Write one of the extension's own `events` into the log, now.

        Args:
            event: name of the event, without that of the extension.
            site: the site that it concerns.
            participant: the participant whom it concerns; their site replaces `site`.
            number: any number.

        Raises:
            KeyError: the extension does not declare this event.
        """

    def hold_screening(self, site: Site) -> None:
        """Let no screening start at a site until each hold is released; patients who consent wait meanwhile.

        Args:
            site: the site; screening already under way goes on. Holds add up: two need two releases.
        """

    def release_screening(self, site: Site) -> None:
        """Take back one hold of screening.

        Args:
            site: the site; patients who waited start in the order in which they came, once no hold is left.
        """

    def hold_infusions(self, site: Site) -> None:
        """Let no infusion start at a site until each hold is released.

        Args:
            site: the site; infusions already under way go on. Holds add up: two need two releases.
        """

    def release_infusions(self, site: Site) -> None:
        """Take back one hold of infusions.

        Args:
            site: the site; participants who waited start in the order in which they came, once no hold is left.
        """

    def pause_randomisation(self, days: float) -> None:
        """Randomise nobody for some days, as in a hold; newly referred patients are turned away meanwhile.

        Args:
            days: length of the pause from now; 0 or more. Eligible people wait; pauses that overlap do not add up.

        Raises:
            ValueError: `days` is negative, infinite or not a number.
        """

    def close_site(self, site: Site) -> None:
        """Close a site to new referrals for good; it completes screening already under way.

        Args:
            site: the site; a site cannot be opened again. The log says that it closes by date.
        """

    def withdraw(self, participant: Participant, way: str) -> None:
        """Let a participant leave now; no effect if they have left.

        Args:
            participant: the participant.
            way: one of the scenario's ways of leaving (`follow_up.leaving`).

        Raises:
            KeyError: the scenario has no such way of leaving.
        """


class Happened(Protocol):
    """Everything that happened in one simulated trial, for measures."""

    @property
    def horizon_days(self) -> float:
        """Day on which the simulation gives up."""

    def days(self, event: str) -> Array:
        """Days of the events of one kind.

        Args:
            event: name of the kind, as in `docs/reference`; an extension's own as `<extension>.<event>`.

        Returns:
            (n,) days, in order of time.

        Raises:
            KeyError: there is no such kind of event.
        """

    def stays(self, begin: str, *ends: str) -> Array:
        """Stays: from an event to the same person's next event of other kinds.

        Args:
            begin: kind of event that begins a stay.
            ends: kinds of event that end it.

        Returns:
            (n, 2) start and end of each stay, in days.

        Raises:
            KeyError: there is no such kind of event.
            ValueError: stays cannot begin or end with this kind of event.
        """

    def table(self, event: str) -> Array:
        """All numbers of the events of one kind.

        Args:
            event: name of the kind; an extension's own as `<extension>.<event>`.

        Returns:
            (n, 7) day, kind, site, patient, number, code, amount; in order of time.

        Raises:
            KeyError: there is no such kind of event.
        """


class Extension:
    """Base class of your own rules and measures. Each simulated trial has its own instance, which may keep state.

    Attributes:
        name: its name in scenarios, logs and results.
        parameters: numbers that a scenario may give, by name.
        events: its own kinds of event: name, and what happened, as a sentence.
        measures: what it measures, by name.
        listens_to: kinds of event for which `heard` is called, its own included.
    """

    name: ClassVar[str] = ""
    parameters: ClassVar[Mapping[str, Parameter]] = {}
    events: ClassVar[Mapping[str, str]] = {}
    measures: ClassVar[Mapping[str, Measure]] = {}
    listens_to: ClassVar[Sequence[str]] = ()

    def begin(self, trial: Trial) -> None:
        """Act before anything has happened; called once.

        Args:
            trial: the replication on the first day of its clock, which may be before day 0.
        """

    def heard(self, trial: Trial, event: Event) -> None:
        """React to an event that it listens to; called at the time of the event, after the immediate consequences.

        Whatever else happens at the same moment has happened by then: where a pause ends and three people are
        randomised at once, `site.n_randomised` counts all three each time. `event.number` is the order of this one.

        Args:
            trial: the replication, at the time of the event.
            event: what happened, with its day, site and participant.
        """

    def measure(self, happened: Happened) -> Mapping[str, float]:  # noqa: ARG002 - there is nothing to measure
        """Calculate the values of `measures` in one simulated trial; NaN for never.

        Called on a separate instance, which has only the log: nothing that `begin` or `heard` stored.

        Args:
            happened: everything that happened in the trial.

        Returns:
            A value for each measure, by name.
        """
        return {}

"""What a rule or a measure of your own is made of. A file of yours imports from here, and the package stays as it is.

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

It takes part by `sim.run("base", extensions=["quiet_start.py"])` or `trialclock run base --extension quiet_start.py`.
See `docs/how-to/add-a-rule.md`. The names in this module are kept from version to version.
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
        meaning: what it is.
        unit: as in `days` or `per month`; empty for a plain number.
        default: its value where the scenario gives none; None where the scenario must give one.
        low: the least that is allowed.
        high: the most that is allowed.
        grade: of the default: A record, B published, C from memory, D assumption.
        source: where the default comes from.
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
    """A number that an extension works out from each simulated trial: a column of `replications.parquet`.

    Attributes:
        meaning: what it says.
        unit: of its values; `count` for whole numbers.
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
        """Day on which it may look at referrals; below 0 where start-up was over before day 0."""

    @property
    def is_closed(self) -> bool:
        """Whether it has stopped looking at referrals for good."""

    @property
    def n_randomised(self) -> int:
        """Participants so far."""


class Participant(Protocol):
    """Somebody who has been randomised."""

    @property
    def number(self) -> int:
        """Place in the order of randomisation, from 1."""

    @property
    def site(self) -> Site:
        """Where."""

    @property
    def patient(self) -> int:
        """Which referral of the site they were, from 0, as in `Event.patient`."""

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
    """Something that has happened, as an extension hears of it.

    Attributes:
        name: kind of event, as in `participant.randomised`.
        day: when.
        site: the site's index; -1 where it is about none.
        patient: which referral of the site, from 0; -1 where it is about nobody.
        number: what the reference of results says of the kind's number.
        code: index of the word that says more, in the kind's vocabulary.
        amount: what the reference of results says of the kind's amount.
    """

    name: str
    day: float
    site: int
    patient: int
    number: float
    code: int
    amount: float


class Trial(Protocol):
    """One simulated trial, as an extension sees it and acts on it."""

    @property
    def now(self) -> float:
        """Days since day 0."""

    @property
    def date(self) -> date:
        """The date of now."""

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
        """The value of a parameter. One written with `dist` is drawn for each site, and for each n."""

    def uniform(self, purpose: str, site: Site | None = None, n: int = 0) -> float:
        """A random number from 0 up to 1, at a place of its own: the same whenever and however often it is asked for.

        Args:
            purpose: what it is for; a word of your own.
            site: the site it belongs to; None for the trial as a whole.
            n: which of several.
        """

    def start(self, process: Generator[Any, None, None]) -> None:
        """Start a process: a generator that yields the day (a number) or the SimPy event until which it waits."""

    def record(
        self, event: str, site: Site | None = None, participant: Participant | None = None, number: float = 0.0
    ) -> None:
        """Write one of your own `events` into the log, now."""

    def hold_screening(self, site: Site) -> None:
        """Let no screening start at a site until it is released as often; patients who consent wait meanwhile."""

    def release_screening(self, site: Site) -> None:
        """Take back one hold of screening."""

    def hold_infusions(self, site: Site) -> None:
        """Let no infusion start at a site until it is released as often."""

    def release_infusions(self, site: Site) -> None:
        """Take back one hold of infusions."""

    def pause_randomisation(self, days: float) -> None:
        """Randomise nobody for some days, as in a hold: patients newly referred are turned away meanwhile."""

    def close_site(self, site: Site) -> None:
        """Let a site look at no more referrals; those in screening there are finished with."""

    def withdraw(self, participant: Participant, way: str) -> None:
        """Let a participant leave now, by one of the scenario's ways of leaving (`follow_up.leaving`)."""


class Happened(Protocol):
    """Everything that happened in one simulated trial, for measures."""

    @property
    def horizon_days(self) -> float:
        """Day on which the simulation gives up."""

    def days(self, event: str) -> Array:
        """(n,) days of the events of one kind, in order of time."""

    def stays(self, begin: str, *ends: str) -> Array:
        """(n, 2) begin and end of stays: from an event to the same person's next of one of the others."""

    def table(self, event: str) -> Array:
        """(n, 7) events of one kind: day, kind, site, patient, number, code, amount."""


class Extension:
    """A rule or a measure of your own. One is made for each simulated trial, so that it may keep what it needs in it.

    Attributes:
        name: how the scenario, the log and the results call it.
        parameters: what the scenario may give it, by name.
        events: its own kinds of event: name, and what happened, as a sentence.
        measures: what it measures, by name.
        listens_to: kinds of event that `heard` is called for, its own among them.
    """

    name: ClassVar[str] = ""
    parameters: ClassVar[Mapping[str, Parameter]] = {}
    events: ClassVar[Mapping[str, str]] = {}
    measures: ClassVar[Mapping[str, Measure]] = {}
    listens_to: ClassVar[Sequence[str]] = ()

    def begin(self, trial: Trial) -> None:
        """Called once, before anything has happened."""

    def heard(self, trial: Trial, event: Event) -> None:
        """Called in the instant of each event listened to, once all that it led to at once has been done."""

    def measure(self, happened: Happened) -> Mapping[str, float]:  # noqa: ARG002 - there is nothing to measure
        """The values of `measures` in one simulated trial; NaN for never.

        It is asked of an extension of its own, which knows nothing but the log: not what `begin` or `heard` kept.
        """
        return {}

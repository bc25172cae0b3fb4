"""The event log: the only output of a simulated trial.

An event is seven numbers: time, kind, site, person, number, code, amount. The meaning of `number`, `code` and `amount`
depends on the kind and is defined with it. A person is identified by their site and their number among its referrals,
so that they are the same in two scenarios.

**The order of the log.** Events are in order of time. At the same instant, referrals that end at once come first, by
site, then visits, in order of randomisation; the rest keep the order in which they happened, which at one instant is
cause before effect and otherwise SimPy's: urgent before normal, then first scheduled first. Times are continuous, so
an instant is shared only by causes and their effects (the last visit and the completion), and by sites activated
together, which come in order of group name and number.

Referrals that end on the day (excluded by the chart, or not willing) and visits affect nothing else, so they are never
processes: they are logged together when a replication ends, which saves three in five of its events.

Attributes:
    COLUMNS: names of the seven numbers.
    WIDTH: how many there are; `TIME` to `AMOUNT` are their places.
    KINDS: all kinds of event; the number of a kind is its place here, and has a name of its own (`SITE_ACTIVATED`).
    VOCABULARIES: words for codes, by the name that a kind gives for its `code`; their places have names too.
    ENDED_BY: how a trial ends, by the reason for which recruitment closed.
    AWAY_BY: why people in screening are turned away, by the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

COLUMNS = ("time", "kind", "site", "person", "number", "code", "amount")
WIDTH = len(COLUMNS)
TIME, KIND, SITE, PERSON, NUMBER, CODE, AMOUNT = range(WIDTH)


@dataclass(frozen=True)
class Kind:
    """One kind of event.

    Attributes:
        name: `noun.past`, as shown in tables.
        meaning: what happened, as a sentence.
        number: meaning of `number`; empty if the kind does not use it.
        code: the vocabulary that `code` indexes (a name in `VOCABULARIES`, or one of the scenario); empty if unused.
        amount: meaning of `amount`, with its unit; empty if unused.
    """

    name: str
    meaning: str
    number: str = ""
    code: str = ""
    amount: str = ""


KINDS: list[Kind] = []


def _kind(name: str, meaning: str, number: str = "", code: str = "", amount: str = "") -> int:
    """Declare a kind of event, and return its number; arguments as the attributes of `Kind`."""
    KINDS.append(Kind(name, meaning, number, code, amount))
    return len(KINDS) - 1


SITE_ACTIVATED = _kind("site.activated", "A site may look at referrals.", amount="referrals a month at full rate")
SITE_CLOSED = _kind("site.closed", "A site stops looking at referrals for good.", code="site_closed")
REFERRED = _kind("patient.referred", "A patient is referred, and the chart is read.")
CHART_FAILED = _kind("chart.failed", "The chart excludes the patient.", "failed criteria (bits)", "criterion")
TURNED_AWAY = _kind("patient.turned_away", "The trial takes nobody now.", code="turned_away")
CONSENT_REFUSED = _kind("consent.refused", "The patient does not consent.")
CONSENT_GIVEN = _kind("consent.given", "The patient consents and waits for a coordinator.", "attempt")
PATIENT_LOST = _kind("patient.lost", "No coordinator took up the patient in time.")
SCREENING_STARTED = _kind("screening.started", "A coordinator starts screening.", "attempt")
SCREENING_FAILED = _kind(
    "screening.failed", "Screening ends without eligibility.", "failed criteria (bits)", "screening_failed"
)
RESCREEN_PLANNED = _kind(
    "rescreen.planned", "The reason may pass; the patient will come back.", "failed criteria (bits)", "criterion"
)
SCREENING_PASSED = _kind("screening.passed", "The patient is eligible.", "attempt")
PLACE_AWAITED = _kind("place.awaited", "An eligible patient waits to be randomised.", code="pause")
RANDOMISED = _kind("participant.randomised", "A participant is randomised.", "participant, from 1", "arm")
REPLACED = _kind("participant.replaced", "A participant who left is to be replaced by one more.", "participant")
DOSE_DUE = _kind("dose.due", "A dose is due.", "dose, from 1")
DOSE_STARTED = _kind("dose.started", "A dose begins; its cells are thawed.", "dose", amount="days after it was due")
DOSE_GIVEN = _kind("dose.given", "The dose is complete.", "dose", amount="cells, or the drug in its unit")
DOSE_LOST = _kind(
    "dose.lost", "A dose that had begun could not be given.", "dose", "dose_lost", "cells, or the drug in its unit"
)
DOSE_MISSED = _kind("dose.missed", "A dose is not given.", "dose", "dose_missed")
REACTION = _kind("dose.reaction", "A reaction to a dose.", "dose", "reaction")
VISIT_DONE = _kind("visit.done", "A visit takes place.", "week")
VISIT_MISSED = _kind("visit.missed", "A planned visit does not take place.", "week")
LEFT = _kind("participant.left", "A participant leaves before the last visit.", "participant", "way_out")
COMPLETED = _kind("participant.completed", "A participant has had the last visit.", "participant")
LOT_STARTED = _kind("lot.started", "A lot goes into culture.", "lot, from 1")
LOT_HARVESTED = _kind("lot.harvested", "A lot's cells are harvested and tested.", "lot", amount="cells made")
LOT_RELEASED = _kind("lot.released", "A lot's cells are released.", "lot", amount="cells")
LOT_FAILED = _kind("lot.failed", "A lot fails.", "lot", amount="cells")
LOT_EXPIRED = _kind("lot.expired", "A lot's unused cells expire.", "lot", amount="cells")
CELLS_DISCARDED = _kind("cells.discarded", "Cells made to order are of no more use.", "lot", amount="cells")
STOCK_OPENED = _kind("stock.opened", "Cells in the bank on day 0.", amount="cells")
REVIEW_STARTED = _kind("board.review_started", "The safety board reviews.", "treated participants")
REVIEW_ENDED = _kind("board.review_ended", "The board's review is over.", "treated participants")
BOARD_STOPPED = _kind("board.stopped", "The board ends the trial: nobody is randomised or dosed any more.")
PAUSED = _kind("enrolment.paused", "Nobody is randomised.", code="pause")
RESUMED = _kind("enrolment.resumed", "This reason for the pause is over.", code="pause")
RECRUITMENT_CLOSED = _kind("recruitment.closed", "Sites stop looking at referrals.", code="recruitment_closed")
RECRUITMENT_REOPENED = _kind("recruitment.reopened", "More participants are needed: sites look again.")
TRIAL_STARTED = _kind("trial.started", "A trial that was late starts.")
DATABASE_LOCKED = _kind("database.locked", "The database is locked.")
TRIAL_ENDED = _kind("trial.ended", "Nothing more happens.", code="trial_ended")
CAP_REACHED = _kind("cap.reached", "Nobody more is taken under a cap.", "people under it", "cap")
CAP_OPENED = _kind("cap.opened", "There is room under a cap again.", "people under it", "cap")
PRIMARY_COMPLETED = _kind(
    "primary.completed", "Primary completion of an event-driven trial.", "events", "primary_completed"
)
STEP_DONE = _kind(
    "start_up.step_done",
    "A step of start-up is over: of the site, or of all sites that share it.",
    "whom it is done for once (0: the site; 1: the trial; then countries, then groups)",
    "start_up_step",
    "days it took",
)
AMENDMENT_DECIDED = _kind(
    "amendment.decided", "The moment of an amendment has come, and its condition holds.", "randomised", "amendment"
)
AMENDMENT_NOT_NEEDED = _kind(
    "amendment.not_needed", "The moment of an amendment has come without its condition.", "randomised", "amendment"
)
AMENDMENT_IN_FORCE = _kind("amendment.in_force", "An amendment is in force from now on.", "randomised", "amendment")
RISK_STRUCK = _kind("risk.struck", "A risk strikes.", code="risk", amount="days that it costs")
RISK_OVER = _kind("risk.over", "A risk no longer keeps recruitment closed.", code="risk", amount="days that it cost")
RATES_DRIFTED = _kind(
    "rates.drifted",
    "How fast sites refer by drift.",
    "0: all; n: sites of the n-th country",
    amount="times day 0",
)
INTERIM_LOOK = _kind("interim.look", "Data are looked at.", "participants or events", "interim")
INTERIM_GOES_ON = _kind("interim.goes_on", "After a look, the trial goes on.", "participants or events", "interim")
INTERIM_STOPS = _kind(
    "interim.stops", "After a look, recruitment is stopped for good.", "participants or events", "interim"
)
INTERIM_ENLARGES = _kind(
    "interim.enlarges",
    "After a look, the target is enlarged.",
    "participants or events",
    "interim",
    "participants more",
)
ARM_OPENED = _kind("arm.opened", "Participants are allocated to an arm from now on.", code="arm")
ARM_CLOSED = _kind("arm.closed", "Nobody is allocated to an arm from now on.", code="arm")
COURIER_SENT = _kind("courier.sent", "A courier leaves with the cells of a dose.", "dose", amount="cells")
COURIER_ARRIVED = _kind("courier.arrived", "The cells of a dose are at the site.", "dose", amount="days on the way")
COURIER_LOST = _kind("courier.lost", "Cells that left with a courier are lost.", "dose", "courier_lost", "cells")

VOCABULARIES: dict[str, tuple[str, ...]] = {
    "site_closed": ("date", "drought", "full"),
    "turned_away": ("target_met", "paused", "site_closed", "stopped", "completed"),  # and then the caps, by name
    "screening_failed": ("deteriorated", "window"),  # and then the criteria, in order
    "pause": ("board_review", "hold", "sentinel", "cells", "interim"),
    "dose_lost": ("bedside", "left"),
    "courier_lost": ("on_the_way", "too_old", "not_needed"),
    "dose_missed": ("unfit", "no_cells", "no_bay", "bedside", "on_hold", "stopped"),
    "reaction": ("mild", "severe"),
    "recruitment_closed": ("target_met", "stopped", "no_sites", "caps", "completed"),
    "trial_ended": (
        "complete",
        "horizon",
        "stopped",
        "no_sites",
        "never_started",
        "caps",
        "too_few_events",
        "too_much",
    ),
    "primary_completed": ("events", "not_before", "at_the_latest", "nobody_left"),
}
# Codes, as `vocabulary.index(word)` would give them.
CLOSED_DATE, CLOSED_DROUGHT, CLOSED_FULL = range(3)
AWAY_TARGET, AWAY_PAUSED, AWAY_SITE, AWAY_STOPPED, AWAY_COMPLETED, AWAY_CAP = range(6)
FAIL_DETERIORATED, FAIL_WINDOW, FAIL_CRITERION = range(3)
PAUSE_BOARD, PAUSE_HOLD, PAUSE_SENTINEL, PAUSE_CELLS, PAUSE_INTERIM = range(5)
LOST_BEDSIDE, LOST_LEFT = range(2)
LOST_ON_THE_WAY, LOST_TOO_OLD, LOST_NOT_NEEDED = range(3)
MISSED_UNFIT, MISSED_CELLS, MISSED_BAY, MISSED_BEDSIDE, MISSED_HOLD, MISSED_STOPPED = range(6)
MILD, SEVERE = range(2)
RECRUITED, RECRUITMENT_STOPPED, RECRUITMENT_NO_SITES, RECRUITMENT_CAPS, RECRUITMENT_COMPLETED = range(5)
(
    ENDED_COMPLETE,
    ENDED_HORIZON,
    ENDED_STOPPED,
    ENDED_NO_SITES,
    ENDED_NEVER_STARTED,
    ENDED_CAPS,
    ENDED_TOO_FEW_EVENTS,
    ENDED_TOO_MUCH,
) = range(8)
# For each reason why recruitment closed: how the trial ends, and why people in screening are turned away.
ENDED_BY = {
    RECRUITED: ENDED_COMPLETE,
    RECRUITMENT_STOPPED: ENDED_STOPPED,
    RECRUITMENT_NO_SITES: ENDED_NO_SITES,
    RECRUITMENT_CAPS: ENDED_CAPS,
    RECRUITMENT_COMPLETED: ENDED_COMPLETE,
}
AWAY_BY = {
    RECRUITED: AWAY_TARGET,
    RECRUITMENT_STOPPED: AWAY_STOPPED,
    RECRUITMENT_NO_SITES: AWAY_SITE,
    RECRUITMENT_CAPS: AWAY_CAP,
    RECRUITMENT_COMPLETED: AWAY_COMPLETED,
}
COMPLETED_EVENTS, COMPLETED_NOT_BEFORE, COMPLETED_LATEST, COMPLETED_NOBODY_LEFT = range(4)


@dataclass(frozen=True)
class EndedAtOnce:
    """Referrals that end on the day: excluded by the chart, not willing, or turned away; in order of their sites.

    All attributes are (n,) arrays.

    Attributes:
        site: index of the site.
        time: day of the referral, increasing within a site.
        person: number among the referrals of the site, from 0.
        kind: kind of event that ended it.
        failed: criteria that failed on the chart, as bits.
        code: code of the ending; if the chart excludes, the first criterion that failed.
    """

    site: Integers
    time: Array
    person: Integers
    kind: Integers
    failed: Integers
    code: Integers

    def rows(self) -> Array:
        """Write them as events: two for each referral, that it came and how it ended.

        Returns:
            (2 n, WIDTH) events, in order of sites.
        """
        rows = np.zeros((2 * len(self.time), WIDTH))
        for offset, kind in ((0, REFERRED), (1, self.kind)):
            part = rows[offset::2]
            part[:, TIME], part[:, KIND], part[:, SITE], part[:, PERSON] = self.time, kind, self.site, self.person
        rows[1::2, NUMBER], rows[1::2, CODE] = self.failed, self.code
        return rows


def nobody_ended_at_once() -> EndedAtOnce:
    """An empty `EndedAtOnce`."""
    none = np.zeros(0, dtype=np.int64)
    return EndedAtOnce(none, np.zeros(0), none, none, none, none)


def in_order_of_time(ended_at_once: EndedAtOnce, visits: Array, happened: Array) -> Array:
    """All events of a replication in order of time; the module docstring defines the order at the same time.

    Args:
        ended_at_once: referrals that ended on the day.
        visits: (n, WIDTH) visits done and missed, by participant in order of randomisation.
        happened: (n, WIDTH) all other events in the order in which they happened.

    Returns:
        (n, WIDTH) events.
    """
    rows = np.concatenate((ended_at_once.rows(), visits, happened))
    return rows[np.argsort(rows[:, TIME], kind="stable")]


@dataclass
class Log:
    """Events of one replication; those that affect nothing else are stored separately.

    Attributes:
        rows: `WIDTH` numbers for each event, in the order in which they happened.
        ended_at_once: referrals that ended on the day.
        visits: (n, WIDTH) visits done and missed, by participant in order of randomisation.
    """

    rows: list[tuple[float, ...]] = field(default_factory=list)
    ended_at_once: EndedAtOnce = field(default_factory=nobody_ended_at_once)
    visits: Array = field(default_factory=lambda: np.zeros((0, WIDTH)))

    def happened(self) -> Array:
        """The events in `rows` as an array.

        Returns:
            (n, WIDTH) events in the order in which they happened.
        """
        n = len(self.rows)
        return np.fromiter(chain.from_iterable(self.rows), np.float64, n * WIDTH).reshape(n, WIDTH)

    def table(self) -> Array:
        """All events in order of time; the module docstring defines the order at the same time.

        Returns:
            (n, WIDTH) events.
        """
        return in_order_of_time(self.ended_at_once, self.visits, self.happened())

    def __len__(self) -> int:
        return len(self.rows) + len(self.visits) + 2 * len(self.ended_at_once.time)

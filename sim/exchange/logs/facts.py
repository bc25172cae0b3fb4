"""What the columns of a log say of each person, as masks over its rows.

Questions, errors and decisions are all rules over the same masks; they are computed once, here, so that two rules
cannot understand a column differently.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.exchange.logs import headers
from sim.exchange.logs.evidence import Evidence
from sim.exchange.logs.statuses import is_reason
from sim.exchange.observed import FAILED, IN_SCREENING, RANDOMISED
from sim.exchange.said import ON_STUDY

Texts = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]


class Facts:
    """What is known of each row, as boolean arrays of shape (n,).

    Args:
        evidence: what the log says.
        meaning: (n,) meaning of the status of each row.
        explicit: (n,) whether the user said so with `--status`.

    Attributes:
        evidence: what the log says.
        meaning: (n,) meaning of the status, or of the reason where there is none; empty where neither says anything.
        explicit: whether the user said so.
        dated: people with a date of randomisation.
        says_yes: people whom a column of yes and no calls randomised.
        says_no: people whom such a column calls not randomised; where it has only yes, an empty cell is a no. Where the
            only date is that of consent, also those in screening, who failed it, or without a status.
        failed: people who failed screening by something other than the status: a date, a reason, not eligible, no
            consent.
        over: people with a day on which they left, completed, died, or the study ended for them.
        flag_left: people whom a column of yes and no calls gone.
        flag_completed: people whom such a column calls completed.
    """

    def __init__(self, evidence: Evidence, meaning: Texts, explicit: Bools) -> None:
        n = len(evidence.rows)
        flags = evidence.flags
        nobody = np.zeros(n, dtype=bool)
        self.evidence, self.meaning, self.explicit = evidence, meaning, explicit
        self.dated = ~np.isnat(evidence.day(headers.DATE))
        self.says_yes, self.says_no = nobody, nobody
        if headers.DATE in flags:
            only_yes = not any(value is False for value in flags[headers.DATE])
            self.says_yes = np.array([value is True for value in flags[headers.DATE]])
            self.says_no = np.array([value is False or (only_yes and value is None) for value in flags[headers.DATE]])
        if evidence.consent_only:
            self.says_no = self.says_no | np.isin(meaning, (FAILED, IN_SCREENING, ""))
        flag_failed = np.array([value is True for value in flags.get(headers.FAILED_ON, nobody)])
        if headers.ELIGIBLE in flags:
            flag_failed = flag_failed | np.array([value is False for value in flags[headers.ELIGIBLE]])
        self.failed = flag_failed | ~np.isnat(evidence.day(headers.FAILED_ON))
        if evidence.fail_reasons is not None:
            self.failed = self.failed | np.array([is_reason(str(text)) for text in evidence.fail_reasons])
        if headers.SCREENED in flags:  # "consented: no"
            self.failed = self.failed | np.array([value is False for value in flags[headers.SCREENED]])
        self.flag_left = nobody
        for role in (headers.LEFT_ON, headers.DIED_ON, headers.ENDED_ON):
            if role in flags:
                self.flag_left = self.flag_left | np.array([value is True for value in flags[role]])
        self.flag_completed = np.array([value is True for value in flags.get(headers.COMPLETED_ON, nobody)])
        self.over = np.zeros(n, dtype=bool)
        for role in (headers.LEFT_ON, headers.ENDED_ON, headers.COMPLETED_ON, headers.DIED_ON):
            self.over = self.over | ~np.isnat(evidence.day(role))

    @property
    def is_in(self) -> Bools:
        """Those whose status says that they are still there."""
        return np.isin(self.meaning, (RANDOMISED, ON_STUDY, IN_SCREENING))

    def means(self, *which: str) -> Bools:
        """Those whose status means one of these.

        Args:
            which: meanings of statuses, of which one is enough.

        Returns:
            (n,) flags.
        """
        return np.isin(self.meaning, which)

"""Rules that hold at every moment of every trial: looked at between any two instants of random scenarios."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_scenarios import scenarios

from sim.core import events as e
from sim.core.batch import Batch
from sim.core.decisions import nearly
from sim.core.design import Design
from sim.core.environment import TrialEnvironment
from sim.core.events import AMOUNT, CODE, KIND, PERSON, SITE, TIME
from sim.core.people import Person
from sim.processes.cells import Bank, MadeToOrder
from sim.processes.stock import Stock
from sim.scenario.load import scenario_from_mapping
from sim.trial import Trial

SIGNS = {e.STOCK_OPENED: 1, e.LOT_RELEASED: 1}
SIGNS |= dict.fromkeys((e.DOSE_GIVEN, e.DOSE_LOST, e.COURIER_LOST, e.LOT_EXPIRED, e.CELLS_DISCARDED), -1)
HOLDING = (e.PAUSE_BOARD, e.PAUSE_HOLD, e.PAUSE_SENTINEL, e.PAUSE_INTERIM)


class Watch:
    """What must hold between two instants.

    Args:
        trial: the trial, before it has run.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.n_seen = 0
        self.cells = 0.0  # that came and have not gone
        self.thawed: dict[tuple[float, float], float] = {}  # for infusions under way, by participant
        self.out: dict[tuple[float, float], float] = {}  # with couriers, or at the sites
        self.n_instants = self.n_waits = 0

    def __call__(self) -> None:
        """Look at everything."""
        self.n_instants += 1
        self._gate()
        self._places()
        self._cells()

    def _gate(self) -> None:
        """Nobody waits to be randomised while nothing holds them up."""
        enrolment = self.trial.enrolment
        first = enrolment.first_in_line()
        if first is not None:
            self.n_waits += 1
            assert enrolment._admitting or enrolment._holds_up(first) is not None
        assert not enrolment._admitting, "whoever was let in is randomised in the same instant"

    def _places(self) -> None:
        """Nobody waits for a coordinator or a bay that is free."""
        for site in self.trial.sites:
            for places in (site.coordinators, site.bays):
                assert not (places._waiting and places.n_free)

    def _cells(self) -> None:
        """Released - used - expired is what lies there or is claimed; nobody waits for cells that lie there."""
        trial, cells = self.trial, self.trial.cells
        self._read()
        if not isinstance(cells, Bank | MadeToOrder):
            return
        stocks = [cells._stock] if isinstance(cells, Bank) else [order.stock for order in cells._orders.values()]
        held = sum(stock.cells + stock.claimed for stock in stocks)
        assert held + sum(self.thawed.values()) + sum(self.out.values()) == pytest.approx(self.cells, rel=1e-9, abs=1.0)
        for stock in stocks:
            self._claims(stock)
        due = {
            person: person.n_doses_due * self._a_dose(person) - self.out.get((person.site.index, person.referral), 0.0)
            for person in trial._dosing
        }
        if isinstance(cells, Bank):
            self._bank(cells, sum(due.values()))
        else:
            for person, owed in due.items():
                assert cells._orders[person].due == pytest.approx(owed, abs=1.0)

    def _read(self) -> None:
        """What the log says of cells since the last look: what came and went, and infusions under way."""
        rows = self.trial.world.log.rows
        for row in rows[self.n_seen :]:
            self.cells += SIGNS.get(int(row[KIND]), 0) * row[AMOUNT]
            if row[KIND] == e.DOSE_STARTED:
                people = self.trial.follow_ups._followed
                person = next(p for p in people if (p.site.index, p.referral) == (row[SITE], row[PERSON]))
                self.thawed[row[SITE], row[PERSON]] = self._a_dose(person)
                self.out.pop((row[SITE], row[PERSON]), None)
            elif row[KIND] == e.COURIER_SENT:
                self.out[row[SITE], row[PERSON]] = row[AMOUNT]
            elif row[KIND] == e.COURIER_LOST:
                self.out.pop((row[SITE], row[PERSON]), None)
            elif row[KIND] in (e.DOSE_GIVEN, e.DOSE_LOST):
                self.thawed.pop((row[SITE], row[PERSON]), None)
        self.n_seen = len(rows)

    def _a_dose(self, person: Person) -> float:
        assert person.arm is not None
        return self.trial.infusions.cells_per_kg(person.arm) * person.weight_kg

    def _claims(self, stock: Stock) -> None:
        assert not stock._waiting or stock.cells < nearly(stock._waiting[0].cells)
        assert stock.cells >= -1.0
        assert stock.claimed >= -1.0

    def _bank(self, bank: Bank, due: float) -> None:
        """What participants are due is known, and where too little is free and on the way, every suite is busy."""
        assert bank._promised == pytest.approx(due, rel=1e-9, abs=1.0)
        expected = bank._free + bank._n_on_the_way * bank._expected_yield
        is_short = expected < bank._wanted() - 1.0
        if self.trial.world.env.now >= 0 and is_short and not self.trial.board.ended:
            assert bank._n_in_culture == bank._n_suites


def watched(data: dict[str, Any], seed: int) -> tuple[Trial, np.ndarray, Watch]:
    """One trial that was watched between any two instants."""
    trial = Trial(Batch(Design(scenario_from_mapping(data)), seed, 0, 1), 0)
    env, watch = trial.world.env, Watch(trial)

    def run(most: int = 0) -> bool:
        del most
        while env._queue and not env._is_finished:
            if env._queue[0][0] > env.now >= 0:
                watch()
            TrialEnvironment.run_to_end(env, 1)
        return True

    env.run_to_end = run  # type: ignore[method-assign]
    return trial, trial.run().table(), watch


def _nothing_after_a_stop(rows: np.ndarray) -> None:
    """Nobody is randomised, dosed or replaced after the board ended the trial, and no lot is started.

    After an interim look stopped it nobody is randomised or replaced, and dosing goes on.
    """
    looked = np.flatnonzero(rows[:, KIND] == e.INTERIM_STOPS)
    if len(looked):
        assert not np.any(np.isin(rows[looked[0] :, KIND], (e.RANDOMISED, e.REPLACED, e.RECRUITMENT_REOPENED)))
    stopped = np.flatnonzero(rows[:, KIND] == e.BOARD_STOPPED)
    if len(stopped):
        never = (e.RANDOMISED, e.DOSE_STARTED, e.REPLACED, e.RECRUITMENT_REOPENED, e.LOT_STARTED)
        assert not np.any(np.isin(rows[stopped[0] :, KIND], never))


def _nothing_in_a_pause(rows: np.ndarray) -> None:
    """Nobody is randomised in a review, a hold or between sentinels, and no dose starts in a hold."""
    held: set[float] = set()
    for row in rows:
        if row[KIND] == e.PAUSED:
            held.add(row[CODE])
        elif row[KIND] == e.RESUMED:
            held.remove(row[CODE])
        assert not (row[KIND] == e.RANDOMISED and held & {*HOLDING})
        assert not (row[KIND] == e.DOSE_STARTED and e.PAUSE_HOLD in held)


def _recruitment_opens_for_someone(trial: Trial, rows: np.ndarray) -> None:
    """Recruitment is open while participants are missing and may come, and a site takes no more than it may."""
    needed, n = trial.world.scenario.trial.target, 0
    by_site: dict[float, int] = {}
    for row in rows:
        n += row[KIND] == e.RANDOMISED
        needed += row[KIND] == e.REPLACED
        needed += row[AMOUNT] if row[KIND] == e.INTERIM_ENLARGES else 0
        if row[KIND] == e.RECRUITMENT_REOPENED:
            assert n < needed
        if row[KIND] == e.RECRUITMENT_CLOSED and row[CODE] == e.RECRUITED:
            assert n >= needed
        if row[KIND] == e.RANDOMISED:
            by_site[row[SITE]] = by_site.get(row[SITE], 0) + 1
    for site in trial.sites:
        most = site.design.settings.max_participants
        assert most is None or by_site.get(site.index, 0) <= most


def _replaced_are_those_named(trial: Trial, rows: np.ndarray) -> None:
    """Whoever left while the first dose was to come, or before the weeks were over, as the rule says; nobody else."""
    rule, doses = trial.world.scenario.trial.replace, trial.world.scenario.arms["X"].doses
    assert doses is not None
    kinds, codes, times = rows[:, KIND], rows[:, CODE], rows[:, TIME]
    over = np.isin(kinds, (e.BOARD_STOPPED, e.PRIMARY_COMPLETED, e.INTERIM_STOPS))
    over |= (kinds == e.RECRUITMENT_CLOSED) & (codes != e.RECRUITED)
    rows = rows[times < times[over][0]] if np.any(over) else rows  # who leaves with the last event is not replaced
    start: dict[tuple[float, float], float] = {}
    had: set[tuple[float, float]] = set()
    named, replaced = [], []
    for row in rows:
        key = (row[SITE], row[PERSON])
        if row[KIND] == e.RANDOMISED:
            start[key] = np.inf if row[CODE] == 1 else row[TIME]  # arms are C and X
        elif row[KIND] == e.DOSE_DUE and start[key] == np.inf:
            start[key] = row[TIME]
        elif row[KIND] in (e.DOSE_GIVEN, e.DOSE_MISSED):
            had.add(key)
        elif row[KIND] == e.REPLACED:
            replaced.append(key)
        elif row[KIND] == e.LEFT:
            treated = trial.world.design.arms[1].name == "X" and key in {
                (p.site.index, p.referral) for p in trial.follow_ups._followed if p.arm is not None and p.arm.doses
            }
            is_early = {
                "never": False,
                "before_first_dose": treated and key not in had,
                "not_evaluable": row[TIME] < start[key] + 7 * (doses.weeks[-1] - doses.weeks[0]),
            }[rule]
            named += [key] if is_early else []
    assert replaced == named


LAWS: tuple[Callable[[Trial, np.ndarray], None], ...] = (
    lambda _trial, rows: _nothing_after_a_stop(rows),
    lambda _trial, rows: _nothing_in_a_pause(rows),
    _recruitment_opens_for_someone,
    _replaced_are_those_named,
)


def _hold(data: dict[str, Any], seed: int) -> None:
    trial, rows, watch = watched(data, seed)
    for law in LAWS:
        law(trial, rows)
    assert watch.n_instants > 0 or len(rows) < 5


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=scenarios(), seed=st.integers(0, 2**32))
def test_rules_hold_at_every_moment(data: dict[str, Any], seed: int) -> None:
    """Nobody is randomised or dosed against a rule, nobody waits for nothing, and every cell counts once."""
    _hold(data, seed)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=scenarios(), seed=st.integers(0, 2**32))
def test_rules_hold_at_every_moment_of_many_trials(data: dict[str, Any], seed: int) -> None:
    """The same, over many more scenarios."""
    _hold(data, seed)

"""From consent to eligibility: the wait for a coordinator, tests, and the ways to fail in between.

A patient's time can run out at every step, by the window or by worsening; each wait ends with the earlier of both.
Whether they fail the tests is known from their attributes from the start; here it is only found out.

Attributes:
    OUT: result of a screening that is over for good.
    ELIGIBLE: result of one that is passed.
    WILL_RETURN: result of one that failed for reasons that may pass.
"""

from __future__ import annotations

from collections.abc import Generator

from sim.core import events
from sim.core.environment import Wait
from sim.core.people import Person
from sim.core.world import World

_NEVER = float("inf")
OUT, ELIGIBLE, WILL_RETURN = range(3)


def lowest_bit(bits: int) -> int:
    """Position of the lowest bit that is set: the first failed criterion.

    Args:
        bits: failed criteria as bits, at least one.

    Returns:
        From 0, which is the first criterion of the protocol.
    """
    return (bits & -bits).bit_length() - 1


class Screening:
    """Screening of patients whom the chart does not exclude.

    Args:
        world: the replication's surroundings.
    """

    def __init__(self, world: World) -> None:
        rules = world.scenario.screening
        self._world = world
        path = "screening.days"
        self._days = [world.column(path, path, rules.days), world.column("screening.days.again", path, rules.days)]
        path = "screening.patience_days"
        self._patience = world.column(path, path, _NEVER if rules.patience_days is None else rules.patience_days)
        rescreen = rules.rescreen
        path = "screening.rescreen.after_days"
        self._return_after = world.column(path, path, rescreen.after_days if rescreen else 0.0)
        self._return_u = world.column("rescreen.after_tests")
        self._p_return = 0.0
        if rescreen is not None:
            self._p_return = world.probability("screening.rescreen.probability", rescreen.probability)
        criteria = world.design.population.criteria.values()
        self._lasting = sum(1 << bit for bit, criterion in enumerate(criteria) if not criterion.passing)

    def first_days(self, person: Person) -> tuple[float, float]:
        """Duration of tests, in days, at the first attempt and at a second one.

        Args:
            person: the patient, of whom nothing has been tested yet.
        """
        return self._days[0](person.values), self._days[1](person.values)

    def come_back(self, person: Person) -> Generator[Wait, None, bool]:
        """Process of a patient who waits for rescreening; the reasons for exclusion have then passed.

        Args:
            person: the patient, with the criteria that failed.

        Returns:
            False if their window ends or they worsen first.

        Raises:
            simpy.Interrupt: they are turned away meanwhile.
        """
        env = self._world.env
        returns = env.now + self._return_after(person.values)
        last_moment = min(person.window_ends, person.deteriorates)
        person.is_returning = True
        yield min(returns, last_moment)
        person.is_returning = False
        if returns >= last_moment:
            self._out_of_time(person)
            return False
        if not person.chart_failed:
            person.tests_failed = 0
        person.attempt = 2
        return True

    def _fail(self, person: Person, code: int, failed: int = 0) -> int:
        """Record a failure; `code` is of the vocabulary `screening_failed`, then the criteria."""
        self._world.record(events.SCREENING_FAILED, person.site.index, person.referral, failed, code)
        return OUT

    def _out_of_time(self, person: Person) -> int:
        """Record that a patient's time ran out: they worsened, or their window ended, whichever came first."""
        worsened = person.deteriorates <= person.window_ends
        return self._fail(person, events.FAIL_DETERIORATED if worsened else events.FAIL_WINDOW)

    def screen(self, person: Person) -> Generator[Wait, None, int]:
        """Process of one attempt at screening, from consent on.

        Args:
            person: the patient, who consents.

        Returns:
            OUT, ELIGIBLE or WILL_RETURN.

        Raises:
            simpy.Interrupt: they are turned away meanwhile.
        """
        world, site = self._world, person.site
        env, coordinators = world.env, site.coordinators
        world.record(events.CONSENT_GIVEN, site.index, person.referral, person.attempt)
        last_moment = min(person.window_ends, person.deteriorates)
        turn = coordinators.take()
        try:
            if turn is not None:
                gives_up = env.now + self._patience(person.values)
                person.is_queueing = True
                yield turn | env.at(min(gives_up, last_moment))
                person.is_queueing = False
                if not turn.triggered:
                    return self._no_coordinator(person, gives_up <= last_moment)
            world.record(events.SCREENING_STARTED, site.index, person.referral, person.attempt)
            results = env.now + self._days[person.attempt - 1](person.values)
            if results >= last_moment:  # their time runs out before the results
                yield last_moment
                return self._out_of_time(person)
            yield results
            return self._tested(person)
        finally:
            coordinators.leave(turn)

    def _no_coordinator(self, person: Person, has_lost_patience: bool) -> int:
        """Record that a patient gave up waiting for a coordinator, or that their time ran out before."""
        if not has_lost_patience:
            return self._out_of_time(person)
        self._world.record(events.PATIENT_LOST, person.site.index, person.referral)
        return OUT

    def _tested(self, person: Person) -> int:
        """Handle the results of the tests."""
        world, site, failed = self._world, person.site, person.tests_failed
        if failed and not self._may_return(person):
            return self._fail(person, events.FAIL_CRITERION + lowest_bit(failed), failed)
        if failed:
            world.record(events.RESCREEN_PLANNED, site.index, person.referral, failed, lowest_bit(failed))
            return WILL_RETURN
        world.record(events.SCREENING_PASSED, site.index, person.referral, person.attempt)
        return ELIGIBLE

    def _may_return(self, person: Person) -> bool:
        """Whether a patient comes back: by chance, after a first attempt that failed only for reasons that may pass."""
        return (
            person.attempt == 1
            and not person.tests_failed & self._lasting
            and self._return_u(person.values) < self._p_return
        )

    def ran_out_while_waiting(self, person: Person) -> None:
        """Record the failure of an eligible patient whose time ran out before randomisation."""
        self._out_of_time(person)

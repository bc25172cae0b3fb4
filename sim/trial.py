"""OPEN THIS FIRST. One simulated trial: it connects the parts, and follows each person in one SimPy process.

A part of the trial (`sim.processes`) knows its own rule and the surroundings (`World`), not the others. This is the
one place where they meet: `__init__` makes them and hands each the functions that it may call, `journey` is the way of
a person, and `_look_for_end` decides when the trial is over. Whatever happens is an event of the log; numbers are made
from the log later, in `sim.analysis`. The same trial in compiled code is `sim.compiled`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator

import simpy

from sim.core import events
from sim.core.batch import Batch
from sim.core.design import ArmDesign
from sim.core.environment import Wait
from sim.core.events import Log
from sim.core.people import Person, Site
from sim.core.world import World
from sim.processes.amendments import Amendments
from sim.processes.caps import Caps
from sim.processes.cells import Demand, cell_source
from sim.processes.completion import Completion
from sim.processes.couriers import Couriers
from sim.processes.drift import DriftingRates
from sim.processes.enrolment import Enrolment
from sim.processes.extensions import Doors, Extensions
from sim.processes.follow_up import FollowUps
from sim.processes.infusion import Infusions
from sim.processes.interims import Interims
from sim.processes.oversight import Board
from sim.processes.randomisation import Allocation
from sim.processes.referrals import Referrals
from sim.processes.replacement import Replacement
from sim.processes.risks import StrikingRisks
from sim.processes.screening import ELIGIBLE, OUT, Screening, lowest_bit
from sim.processes.sites import Recruitment, make_sites
from sim.processes.start_up import StartUpSteps


class Trial:
    """One replication of a trial.

    Args:
        batch: the replications that are drawn with it.
        replication: its number, from 0.

    Attributes:
        world: clock, log, draws and scenario of this replication.
        sites: all sites, open or not.
        enrolment: the gate before randomisation: target, pauses, the queue of eligible people.
        cells: the source of cells.
        board: safety oversight.
        screening: from consent to eligibility.
        allocation: assigns arms.
        caps: limits on participants or people in screening; None without caps.
        couriers: deliveries of cells to sites; None if cells are there.
        infusions: doses.
        follow_ups: visits and ways of leaving.
        referrals: patients of each site, as drawn.
        recruitment: opens and closes sites, and takes their patients.
        amendments: changes during the trial; None without any.
        replacement: names participants who are replaced.
        completion: primary completion by events; None in other trials.
        interims: interim looks; None without any.
        extensions: a user's own rules; None without any.
    """

    def __init__(self, batch: Batch, replication: int) -> None:
        design = batch.design
        world = self.world = World(batch, replication)
        self.sites = make_sites(world)
        risks = StrikingRisks(world)
        start_up = StartUpSteps(world, risks.delays)
        world.env.begin(min([0.0, start_up.first_day, risks.first_day, *(site.activates for site in self.sites)]))
        risks.begin()
        start_up.begin()
        if world.starts:
            world.env.call_at(world.starts, lambda: self.world.record(events.TRIAL_STARTED))
        self.enrolment = Enrolment(world, self._has_cells, self._recruitment_closed, lambda: self.cells.look())
        demand = Demand(
            self._expects_more, self._cells_awaited, lambda: self.board.ended, lambda: self.enrolment.admit_next()
        )
        self.cells = cell_source(world, demand)
        self.board = Board(world, self.enrolment)
        self.screening = Screening(world)
        self.allocation = Allocation(world)
        self._inside: dict[Person, simpy.Process] = {}  # from consent to randomisation, or waiting for rescreening
        self.caps: Caps | None = None
        if design.caps:
            self.caps = Caps(world, self.sites, self._inside, self.allocation.arm_is_full)
        self.couriers: Couriers | None = None
        if design.scenario.cells is not None and design.scenario.cells.courier is not None:
            self.couriers = Couriers(world, self.cells, design.scenario.cells.courier, lambda: self.board.ended)
        self.infusions = Infusions(world, self.cells, self.board, self.couriers)
        self.follow_ups = FollowUps(world)
        self.referrals = Referrals(world)
        self.recruitment = Recruitment(
            world, self.sites, self.enrolment, self.referrals.of, self._take, self._site_closed
        )
        DriftingRates(world, self.enrolment)
        self.amendments: Amendments | None = None
        if design.amendments:
            self.amendments = Amendments(
                world, self.sites, self.enrolment, self.recruitment, start_up, self._inside, self._arm_opens
            )
        self._most_cells_per_kg = max(self.infusions.cells_per_kg(arm) for arm in design.arms)
        self.replacement = Replacement(world)
        self._dosing: dict[Person, simpy.Process] = {}
        self._n_following = 0
        self._following: dict[Person, None] = {}  # only in an event-driven trial
        self.completion: Completion | None = None
        follow_up = design.scenario.follow_up
        if follow_up is not None and follow_up.primary_completion is not None:
            self.completion = Completion(world, follow_up.primary_completion, self._primary_completed)
        self.interims: Interims | None = None
        if design.interims:
            self.interims = Interims(world, self.enrolment, self._stopped, self._enlarged, self._look_for_end)
        self._reason_closed = events.RECRUITED
        self._is_locking = False
        self.extensions: Extensions | None = None
        if design.extensions:
            doors = Doors(
                lambda: self.enrolment.recruiting, self.enrolment.pause, self.recruitment.close, self._withdraw
            )
            self.extensions = Extensions(world, self.sites, doors)

    def run(self) -> Log:
        """Run the trial to its end.

        It ends at the database lock, at the horizon, with more events or referrals than a trial can have, or at once if
        it never starts.

        Returns:
            Its events, the last of which says why it ended. Visits, and referrals that ended on the day, are added here
            as arrays, because nothing else depends on them.
        """
        world, env = self.world, self.world.env
        if world.starts is None:
            env.begin(0.0)
            self._end(events.ENDED_NEVER_STARTED)
        elif self.extensions is not None:
            self.extensions.begin()
        env.call_at(0.0, self._look_for_end)
        env.call_at(world.design.horizon_days, lambda: self._end(events.ENDED_HORIZON))
        if not env.run_to_end(world.design.most_events) or self.referrals.are_too_many:
            self._end(events.ENDED_TOO_MUCH)
        log = world.hand_over()
        log.visits = self.follow_ups.visits()
        log.ended_at_once = self.referrals.ended_at_once(self.sites, self.enrolment, self.caps, self.amendments)
        return log

    # --- one person's path

    def _take(self, person: Person) -> None:
        """Handle a patient whom the chart does not exclude, or not for good."""
        world, site, failed = self.world, person.site.index, person.chart_failed
        world.record(events.REFERRED, site, person.referral)
        if self.amendments is not None:
            if not self.amendments.lets_past_chart(person):
                return
            failed = person.chart_failed
        if failed:
            world.record(events.RESCREEN_PLANNED, site, person.referral, failed, lowest_bit(failed))
        if failed or self._agrees(person):
            self._inside[person] = world.env.start(self.journey(person))

    def _agrees(self, person: Person) -> bool:
        """Ask for consent, unless the trial turns patients away now."""
        caps = self.caps
        barred = events.AWAY_PAUSED if self.enrolment.is_paused_for_new else None
        if barred is None and caps is not None:
            barred = caps.barred_before_consent(person)
        consents = person.consents if self.amendments is None else self.amendments.consents(person)
        if barred is None and not consents:
            self.world.record(events.CONSENT_REFUSED, person.site.index, person.referral)
            return False
        if barred is None:
            return caps is None or self._enters_screening(person)
        self._turn_away(person, barred)
        return False

    def _enters_screening(self, person: Person) -> bool:
        """Count a person as in screening, unless a cap excludes them."""
        if self.caps is not None:
            barred = self.caps.barred_from_screening(person)
            if barred is not None:
                self._turn_away(person, barred)
                return False
            self.caps.enters(person)
        return True

    def journey(self, person: Person) -> Generator[Wait, None, None]:
        """One person's process: screening, a place, an arm, and doses.

        Being turned away interrupts it before randomisation, and the end of follow-up interrupts doses.

        Args:
            person: a patient who agreed to take part, or who will come back for rescreening.

        Yields:
            What the person waits for: a day, or an event.
        """
        is_admitted = False
        try:
            is_admitted = yield from self._become_eligible(person)
        except simpy.Interrupt as interrupt:
            self._turn_away(person, int(interrupt.cause or 0))
        process = self._comes_out(person)
        if not is_admitted:
            self._look_for_end()
            return
        yield from self._treat(person, self._randomise(person), process)

    def _comes_out(self, person: Person) -> simpy.Process:
        """Take a person out of screening, and return their process."""
        if self.caps is not None:
            self.caps.leaves(person)
        return self._inside.pop(person)

    def _treat(self, person: Person, arm: ArmDesign, process: simpy.Process) -> Generator[Wait, None, None]:
        """Give a participant's doses; the end of follow-up interrupts them."""
        if arm.doses is not None:
            self._dosing[person] = process
            with contextlib.suppress(simpy.Interrupt):
                yield from self.infusions.give_all(person, arm, arm.doses)
            del self._dosing[person]
        if person.has_left or self.follow_ups.rules is None:
            self._leave(person)

    def _become_eligible(self, person: Person) -> Generator[Wait, None, bool]:
        """From consent, or rescreening, to a place; False if the person drops out before."""
        returns = person.chart_failed != 0
        has_agreed = not returns
        while True:
            if returns and not (yield from self.screening.come_back(person)):
                return False
            if not has_agreed and not self._agrees(person):
                return False
            if has_agreed and returns and not self._enters_screening(person):
                return False
            has_agreed = True
            result = yield from self.screening.screen(person)
            if result == OUT:
                return False
            if result == ELIGIBLE:
                break
            returns = True
            if self.caps is not None:
                self.caps.leaves(person)
        return (yield from self._gets_a_place(person))

    def _gets_a_place(self, person: Person) -> Generator[Wait, None, bool]:
        """From eligible to a place; False if a cap excludes the person, or their time runs out first."""
        barred = None if self.caps is None else self.caps.barred_after_tests(person)
        if barred is not None:
            self._turn_away(person, barred)
            return False
        if self.enrolment.admits_at_once(person) or (yield from self.enrolment.wait_for_place(person)):
            return True
        self.screening.ran_out_while_waiting(person)
        return False

    def _randomise(self, person: Person) -> ArmDesign:
        """Assign an arm, and inform all parts of the trial."""
        return self._enter(person, self.allocation.assign(person))

    def _enter(self, person: Person, arm: ArmDesign) -> ArmDesign:
        """Enter a participant into the trial: record it, begin follow-up, and tell everything that counts participants.

        Whoever waits for a place is admitted after all of these have been told.

        Args:
            person: the participant, who has just been allocated.
            arm: the arm.

        Returns:
            The arm.
        """
        world, site = self.world, person.site
        person.arm, person.randomised = arm, world.env.now
        person.number = self.enrolment.n_randomised + 1
        if world.design.row_of_week:
            person.draws = world.participant_draws(person)
        world.record(events.RANDOMISED, site.index, person.referral, person.number, arm.index)
        self._n_following += 1
        ends = self.follow_ups.begin(person)
        if self.follow_ups.rules is not None:
            world.env.call_at(ends, lambda: self._follow_up_ends(person))
        if self.completion is not None:
            self._following[person] = None
            if self.completion.is_done:  # in data that continue beyond it
                self._plan_last_visit(self.completion, person)
        if self.extensions is not None:
            self.extensions.randomised(person)
        self.board.randomised(person)
        self.enrolment.count()  # first, because a site that is full does not close once the target is met
        if self.amendments is not None:
            self.amendments.randomised()
        if self.interims is not None:
            self.interims.randomised()
        if arm.doses is not None:
            cells = self.infusions.cells_per_kg(arm) * person.weight_kg
            self.cells.randomised(person, cells, len(arm.doses.weeks))
        self.recruitment.randomised_at(site)
        if self.caps is not None:
            self.caps.randomised(person)
        self.enrolment.admit_next()
        if self.caps is not None:
            self._look_for_end()
        return arm

    def _follow_up_ends(self, person: Person) -> None:
        """Handle the last visit, or a way out before it, which interrupts doses."""
        if person.has_left:
            return
        person.has_left = True
        if person in self._dosing:
            self._dosing[person].interrupt()  # the journey then leaves, once it has released what it held
        else:
            self._leave(person)

    def _withdraw(self, person: Person, way: int) -> None:
        """Let a participant leave now, in a way that was not drawn."""
        person.ends, person.way_out = self.world.env.now, way
        self._follow_up_ends(person)

    def _leave(self, person: Person) -> None:
        """Record that a participant has completed the trial or left it, and tell the parts that count that."""
        if person.way_out is None:
            self.world.record(events.COMPLETED, person.site.index, person.referral, person.number)
        else:
            self.world.record(events.LEFT, person.site.index, person.referral, person.number, person.way_out)
        if self.completion is not None:
            del self._following[person]
            self.completion.left(person)
        if self.interims is not None:
            self.interims.left(person)
        if person.way_out is not None:
            self._replace(person)
        self._n_following -= 1
        self._look_for_end()

    def _primary_completed(self) -> None:
        """Primary completion has come: stop recruiting, and plan a last visit for all who are followed."""
        self.enrolment.close(events.RECRUITMENT_COMPLETED)
        self._plan_last_visits()
        self._look_for_end()

    def _plan_last_visits(self) -> None:
        assert self.completion is not None
        for person in self._following:
            self._plan_last_visit(self.completion, person)

    def _stopped(self) -> None:
        """Stop the trial after an interim look; it no longer waits for events."""
        if self.completion is not None:
            self.completion.stop()
            self._plan_last_visits()
        self.enrolment.close(events.RECRUITMENT_STOPPED)

    def _enlarged(self, by: int) -> None:
        """Enlarge the target after an interim look."""
        if self.enrolment.need_more(by):
            self.recruitment.reopened()
        self.cells.look()

    def _plan_last_visit(self, completion: Completion, person: Person) -> None:
        """Set a participant's last visit after primary completion, unless they leave before."""
        day = completion.last_visit(person)
        if self.follow_ups.end_at(person, day):
            self.world.env.call_at(day, lambda: self._follow_up_ends(person))

    def _replace(self, person: Person) -> None:
        """Replace a participant who left early, if the scenario says so and recruitment is not over."""
        if self.enrolment.is_over or not self.replacement.names(person):
            return
        self.world.record(events.REPLACED, person.site.index, person.referral, person.number)
        if self.caps is not None:
            self.caps.replaced(person)
        if self.enrolment.need_more(1):
            self.recruitment.reopened()
            self.cells.look()

    # --- what delays, closes and ends the trial

    def _has_cells(self, person: Person) -> bool:
        """Whether stock covers what this person needs before randomisation, in any arm."""
        return self.cells.covers(self._most_cells_per_kg * person.weight_kg)

    def _cells_awaited(self) -> float:
        """Cells of a dose for the next to be randomised; 0 if nobody waits."""
        person = self.enrolment.first_in_line()
        return 0.0 if person is None else self._most_cells_per_kg * person.weight_kg

    def _expects_more(self) -> bool:
        """Whether more participants may come, including people in screening when the target was met."""
        if self.enrolment.recruiting:
            return True
        return self._lets_in(self._reason_closed) and any(person.is_in_screening for person in self._inside)

    def _lets_in(self, reason: int) -> bool:
        """Whether people in screening may still be randomised after recruitment closed for a reason."""
        return reason == events.RECRUITED and self.world.scenario.trial.overrun == "randomise"

    def _turn_away(self, person: Person, reason: int) -> None:
        self.world.record(events.TURNED_AWAY, person.site.index, person.referral, code=reason)

    def _arm_opens(self, arm: ArmDesign, opens: bool) -> None:
        """Open an arm to allocation, or close it."""
        self.allocation.arm_opens(arm, opens)
        if self.caps is not None:
            self.caps.arm_opens(arm, opens)
            self._look_for_end()

    def _may_open_an_arm(self) -> bool:
        return self.amendments is not None and self.amendments.may_open_an_arm()

    def _site_closed(self, site: Site) -> None:
        """Turn away people in screening at a full site; other closed sites complete their screening."""
        if site.n_randomised == site.design.settings.max_participants:
            for person, process in self._inside.items():
                if person.site is site:
                    process.interrupt(events.AWAY_SITE)
        self._look_for_end()

    def _recruitment_closed(self, reason: int) -> None:
        """Turn away people in screening, unless the scenario admits them, and check for the end."""
        self._reason_closed = reason
        let_in = self._lets_in(reason)
        for person, process in self._inside.items():
            if not (let_in and person.is_in_screening):
                process.interrupt(events.AWAY_BY[reason])
        self._look_for_end()

    def _look_for_end(self) -> None:
        """Close recruitment when no site, or no room under caps, is left; lock the database when nobody is left."""
        if self._inside or self._is_locking:
            return
        if self.enrolment.recruiting:
            may_open = None if self.amendments is None else self.amendments.may_open
            if not any(site.closed_on is None and (may_open is None or may_open(site)) for site in self.sites):
                self.enrolment.close(events.RECRUITMENT_NO_SITES)
            elif self.caps is not None and not (self.caps.has_room() or self._may_open_an_arm()):
                self.enrolment.close(events.RECRUITMENT_CAPS)
        elif self._n_following or (self.interims is not None and self.interims.is_pending):
            return
        elif not (self.completion and self.completion.nobody_is_left()):
            self._is_locking = True
            self._lock()

    def _lock(self) -> None:
        """Lock the database after its delay; the trial then ends, with the reason for which recruitment had closed."""
        world, rules = self.world, self.world.scenario.follow_up
        days = 0.0
        if rules is not None:
            u = world.single("follow_up.database_lock_days")
            days = world.varying("follow_up.database_lock_days", rules.database_lock_days)(u)

        def lock() -> None:
            world.record(events.DATABASE_LOCKED)
            is_complete = self.completion is None or self.completion.is_done
            has_too_few = not is_complete and self._reason_closed == events.RECRUITED
            self._end(events.ENDED_TOO_FEW_EVENTS if has_too_few else events.ENDED_BY[self._reason_closed])

        world.env.call_at(world.env.now + days, lock)

    def _end(self, reason: int) -> None:
        self.world.record(events.TRIAL_ENDED, code=reason)
        self.world.env.finish()

"""A patient begins with what most never change."""

from __future__ import annotations

from small_world import sites_of, someone, world_of

from sim.core.people import DRAWS_A_DOSE, DRAWS_A_ROW, DRAWS_A_VISIT


def test_a_patient_is_at_first_nobody_s_participant() -> None:
    """Not randomised, nothing given, not leaving, and not about to worsen."""
    person = someone(world_of())
    assert (person.arm, person.number, person.n_doses_given, person.treated_rank) == (None, 0, 0, 0)
    assert (person.way_out, person.has_left, person.known, person.attempt) == (None, False, None, 1)
    assert person.deteriorates == person.ends == person.last_visit == person.first_due == float("inf")
    assert [person.is_returning, person.is_queueing] == [False, False]


def test_what_one_patient_comes_to_is_no_other_s() -> None:
    """Defaults stand in the class; what happens to one is set on that one alone."""
    world = world_of()
    first, second = someone(world), someone(world)
    first.attempt, first.has_left = 2, True
    assert (second.attempt, second.has_left) == (1, False)
    assert first != second, "two patients are never the same, whatever they have in common"


def test_a_row_of_draws_is_for_a_visit_and_a_dose() -> None:
    assert DRAWS_A_ROW == DRAWS_A_VISIT + DRAWS_A_DOSE == 12


def test_sites_are_told_apart_by_identity() -> None:
    """Two sites alike in all they have are two sites."""
    first, second = sites_of(world_of(sites={"s": {"count": 2, "referrals_per_month": 3.0}}))
    assert first != second
    assert (first.index, second.index, first.row, second.row) == (0, 1, 0, 1)


def test_a_patient_who_waits_or_is_to_come_back_is_not_in_screening() -> None:
    """Either of the two is enough; recruitment that closes turns such people away."""
    person = someone(world_of())
    found = {}
    for returning in (False, True):
        for queueing in (False, True):
            person.is_returning, person.is_queueing = returning, queueing
            found[returning, queueing] = person.is_in_screening
    assert found == {(False, False): True, (False, True): False, (True, False): False, (True, True): False}

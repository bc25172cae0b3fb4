"""Which participants who leave are replaced by one more.

It only names them; `sim.trial` raises the number of participants needed, and reopens recruitment.
"""

from __future__ import annotations

from sim.core.clock import WEEK_DAYS
from sim.core.people import Person
from sim.core.world import World


class Replacement:
    """The scenario's rule of replacement.

    Args:
        world: the replication's surroundings.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._rule = world.scenario.trial.replace
        self._treatment_days = WEEK_DAYS * max(
            (arm.doses.weeks[-1] - arm.doses.weeks[0] for arm in world.design.arms if arm.doses), default=0.0
        )

    def names(self, person: Person) -> bool:
        """Whether a participant who leaves now is to be replaced.

        Weeks of treatment count from the due time of the first dose; without doses, from randomisation.

        Args:
            person: the participant who leaves.

        Returns:
            The answer by the scenario's `trial.replace`; False if it is `never`.
        """
        has_doses = person.arm is not None and person.arm.doses is not None
        if self._rule == "before_first_dose":
            return has_doses and person.n_doses_over == 0
        start = person.first_due if has_doses else person.randomised
        return self._rule == "not_evaluable" and self._world.env.now < start + self._treatment_days

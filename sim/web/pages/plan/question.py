"""The question of the page Cheapest plan: as the query of its address, and as input of the search.

    ?...the scenario...&milestone=database_lock&by=2022-10-01&probability=80&budget=900000&confidence=95
        &trials=9600&options=<hash>

A file of options is kept by its hash; without one, the starter of the scenario is used.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from sim.analysis.modelled import end_of
from sim.errors import InputError, Problem, UsageError
from sim.experiment.plan.answer import TRIALS, Asked
from sim.report.explanation.words import outcome_asked
from sim.scenario.options import library_options, options_from_text
from sim.scenario.options_starter import starter_options
from sim.scenario.yaml_source import MAX_BYTES, jsonable, parse_value, shown
from sim.web.limits import check_plans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.experiment.plan.answer import PlanAnswer
    from sim.scenario.load import Loaded
    from sim.scenario.options import Choices
    from sim.scenario.schema import Scenario
    from sim.web.state import State
    from sim.web.studio import Studio

OPTIONS = "options.yaml"  # how messages name options that came as text
PROBABILITY = "80"
CONFIDENCE = "95"
_LONGEST = 40
_CONTROLS = {"--by": "date to make", "--milestone": "what must be done"}
_KEYS = ("milestone", "by", "probability", "budget", "confidence", "trials", "options")


@dataclass(frozen=True)
class Wish:
    """The question as written; it is checked only when the search starts.

    Attributes:
        milestone: milestone to reach; empty for the end of the trial.
        by: the date to make, as YYYY-MM-DD.
        probability: with which it must be made, in per cent.
        budget: maximum mean cost of a plan; empty for no limit.
        confidence: required certainty of the choice, in per cent.
        trials: maximum number of simulated trials; empty for the default of the command.
        options: hash of the options; empty for the starter of the scenario.
    """

    milestone: str = ""
    by: str = ""
    probability: str = PROBABILITY
    budget: str = ""
    confidence: str = CONFIDENCE
    trials: str = ""
    options: str = ""

    @classmethod
    def of(cls, query: Mapping[str, Sequence[str]]) -> Self:
        """What a parsed query names."""
        return cls(**{name: query[name][-1] for name in _KEYS if query.get(name)})

    def pairs(self) -> list[tuple[str, str]]:
        """Its part of a query."""
        return [(name, str(value)) for name in _KEYS if (value := getattr(self, name))]

    def asked(self, choices: Choices, seed: int, most_trials: int) -> Asked:
        """The question in the form that the search takes.

        Args:
            choices: the options.
            seed: seed of the random numbers.
            most_trials: maximum number of trials that the studio simulates.

        Returns:
            The question, with shares from 0 to 1 and a budget in the scenario's currency.

        Raises:
            UsageError: a value is wrong; named as the controls of the page.
        """
        probability = _share(self.probability, "probability")
        confidence = _share(self.confidence, "how sure the choice must be")
        budget = _number(self.budget, "budget") if self.budget else None
        if budget is not None and budget <= 0:
            raise UsageError(Problem("must be more than 0", "budget", value=f"{budget:g}"))
        trials = round(_number(self.trials, "simulated trials")) if self.trials else min(TRIALS, most_trials)
        if not 0 < trials <= most_trials:
            message = f"the studio simulates at most {most_trials:,} of them; the command line has no such limit"
            raise UsageError(Problem(message, "simulated trials", value=f"{trials:,}"))
        by = self._date()
        try:
            milestone = outcome_asked(self.milestone or None, choices.loaded.scenario, has_cost=False)
            return Asked(choices, milestone, by, probability, budget, confidence, trials, seed)
        except UsageError as error:
            raise UsageError([_at_control(problem) for problem in error.problems]) from None

    def _date(self) -> date:
        if not self.by:
            raise UsageError(Problem("choose one", "date to make"))
        try:
            return date.fromisoformat(self.by)
        except ValueError:
            message = "must be a date that exists, as YYYY-MM-DD"
            raise UsageError(Problem(message, "date to make", value=self.by[:_LONGEST])) from None


def _number(text: str, control: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(Problem("must be a number", control, value=text[:_LONGEST]))
    return found


def _share(text: str, control: str) -> float:
    """A share, written in per cent."""
    percent = _number(text, control)
    if not 0 < percent < 100:
        raise UsageError(Problem("must be more than 0 and less than 100", control, value=f"{percent:g}"))
    return percent / 100


def _at_control(problem: Problem) -> Problem:
    """A message of the command line with the control's name in place of the option's."""
    return replace(problem, file=_CONTROLS.get(problem.file or "", problem.file))


def planned_date(scenario: Scenario, milestone: str = "") -> str:
    """The scenario's planned date of a milestone, or of the nearest one that has a date; empty without any.

    Args:
        scenario: the scenario, which may plan the end of recruitment, primary completion and study completion.
        milestone: name of the milestone; empty for the end of the trial.

    Returns:
        `YYYY-MM-DD`.
    """
    planned = scenario.trial.planned
    wanted = milestone or end_of(scenario)
    dates = [planned.primary_completion, planned.study_completion]
    if wanted in ("last_visit", "database_lock"):
        dates.reverse()
    if wanted in ("last_randomised", "randomised_100pct"):
        dates.insert(0, planned.recruitment)
    return str(next((day for day in dates if day), ""))


def options_text(studio: Studio, wish: Wish, scenario: Scenario) -> str:
    """The options as typed, or the starter of the scenario.

    Args:
        studio: the studio, which keeps the text.
        wish: the question, which may name options.
        scenario: the scenario, for its starter.

    Raises:
        UsageError: they are not kept here.
    """
    if not wish.options:
        return starter_options(scenario)
    text = studio.visitors.text(wish.options)
    if text is None:
        raise UsageError(Problem(f"this file of options {studio.visitors.why_not(wish.options)}", "?options"))
    return text


def keep_options(studio: Studio, text: str, scenario: Scenario) -> str:
    """Keep options that were typed.

    Args:
        studio: the studio.
        text: the options.
        scenario: the scenario, for its starter.

    Returns:
        Their hash; empty for the starter, which needs none.
    """
    if text == starter_options(scenario):
        return ""
    return studio.visitors.keep_text(text[: MAX_BYTES + 1])


def choices_of(text: str, loaded: Loaded) -> Choices:
    """The levers of a text, checked as on the command line.

    Args:
        text: a file of options.
        loaded: the scenario that they change.

    Raises:
        UsageError: the text is too large.
        ScenarioError: names every problem found.
    """
    if len(text.encode()) > MAX_BYTES:
        raise UsageError(Problem(f"is larger than options may be ({MAX_BYTES:,} bytes)", OPTIONS))
    name = next((f"{name}.yaml" for name, known in library_options().items() if known == text), OPTIONS)
    return options_from_text(text, loaded, name)


def checked_choices(studio: Studio, text: str, loaded: Loaded) -> Choices:
    """The levers of a text, within the limits of this studio.

    Args:
        studio: the studio.
        text: a file of options.
        loaded: the scenario that they change.

    Raises:
        InputError: as `choices_of`, or a limit is exceeded.
    """
    choices = choices_of(text, loaded)
    check_plans(choices, studio.settings.limits)
    return choices


def planned_state(state: State, answer: PlanAnswer) -> State:
    """The scenario under work with what the chosen plan changes, or the likeliest where none is chosen.

    Args:
        state: the scenario under work.
        answer: the search and its result.
    """
    for path, value in answer.changes(answer.leading).items():
        state = state.changed(path, _written(value))
    return state


def _written(value: Any) -> str:
    """A value as written after `--set PATH=`."""
    text = shown(value)
    try:
        is_same = parse_value(text) == value
    except InputError:
        is_same = False
    return text if is_same else json.dumps(jsonable(value), ensure_ascii=False)

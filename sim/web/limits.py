"""Limits on what a visitor may ask for. Each message names the limit.

They hold the work of one question within what a shared machine can do. The command line has none of them, and messages
say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sim.core.design import Design
from sim.errors import Problem, ScenarioError, UsageError
from sim.scenario.load import with_changes
from sim.scenario.options import MOST_PLANS, Choices
from sim.scenario.schema import Scenario
from sim.web.settings import Limits


def check_limits(scenario: Scenario, limits: Limits, replications: int | None = None) -> None:
    """Check that a scenario stays within the limits of this studio.

    Args:
        scenario: the scenario.
        limits: limits of the studio.
        replications: simulated trials; default: as the scenario says.

    Raises:
        ScenarioError: it exceeds limits; the error names all of them. The expected number of referrals is checked only
            if all others hold, because it takes a prepared scenario.
    """
    wrong = list(_exceeded(scenario, limits, replications))
    if not wrong:
        wrong = list(_too_many_referrals(scenario, limits))
    if wrong:
        raise ScenarioError(wrong)


def check_sweep_limits(n_points: int, replications: int, limits: Limits) -> None:
    """Check that a sweep stays within the limits of this studio.

    Args:
        n_points: number of points.
        replications: simulated trials per point.
        limits: limits of the studio.

    Raises:
        UsageError: it exceeds a limit.
    """
    asked = [
        (n_points, limits.points, "points"),
        (n_points * replications, limits.swept, "simulated trials over all points of a sweep"),
    ]
    wrong = [Problem(_too_many(most, what), value=f"{value:,}") for value, most, what in asked if value > most]
    if wrong:
        raise UsageError(wrong)


def check_shares_limits(n_scenarios: int, replications: int, limits: Limits) -> None:
    """Check that the simulations for `--shares` stay within the limits of this studio.

    Args:
        n_scenarios: scenarios in between those compared.
        replications: simulated trials of each.
        limits: limits of the studio.

    Raises:
        UsageError: they exceed a limit.
    """
    n = n_scenarios * replications
    if n > limits.swept:
        what = f"simulated trials to say what each changed value is worth ({n_scenarios} scenarios lie between)"
        raise UsageError(Problem(_too_many(limits.swept, what), value=f"{n:,}"))


def positive(value: float | str | None, most: float, control: str) -> float | None:
    """A number above 0 that a visitor typed; None if the field is empty.

    Args:
        value: value of the control.
        most: maximum.
        control: name of the control in messages.

    Raises:
        UsageError: not a number, not above 0, or too large.
    """
    if value in (None, ""):
        return None
    if value is None or isinstance(value, str) or not 0 < value <= most:
        message = f"must be a number above 0, at most {most:,.0f}"
        raise UsageError(Problem(message, path=control, value=str(value)[:20]))
    return float(value)


def _too_many(most: float, what: str) -> str:
    return f"the studio simulates at most {most:,.0f} {what}; the command line has no such limit"


def _exceeded(scenario: Scenario, limits: Limits, replications: int | None) -> Iterator[Problem]:
    n = scenario.experiment.replications if replications is None else replications
    asked: list[tuple[str, float, float, str]] = [
        ("experiment.replications", n, limits.replications, "simulated trials"),
        ("experiment.keep", scenario.experiment.keep, limits.kept, "simulated trials kept whole"),
        ("trial.target", scenario.trial.target, limits.participants, "participants"),
        ("trial.horizon_months", scenario.trial.horizon_months, limits.years * 12, "months"),
        ("sites", sum(group.count for group in scenario.sites.values()), limits.sites, "sites in all"),
    ]
    for path, value, most, what in asked:
        if value > most:
            yield Problem(_too_many(most, what), path=path, value=f"{value:,.0f}")


def _too_many_referrals(scenario: Scenario, limits: Limits) -> Iterator[Problem]:
    months = scenario.trial.horizon_months
    referrals = months * Design(scenario).referrals_per_month()
    if referrals > limits.referrals:
        message = (
            f"referrals to all sites until trial.horizon_months come to more than the "
            f"{limits.referrals:,.0f} referrals that the studio simulates in one trial"
        )
        yield Problem(message, path="sites", value=f"{referrals:,.0f}")


def check_plans(choices: Choices, limits: Limits) -> None:
    """Check that a file of options makes no more plans, and no larger trials, than this studio simulates.

    Checks each setting alone, and the plan with the busiest setting of every lever; all other plans lie in between.

    Args:
        choices: the levers with their settings, and the scenario that they change.
        limits: limits of the studio.

    Raises:
        ScenarioError: a limit is exceeded; the error names the file, and the lever if a single one is the cause.
    """
    if choices.n_plans > limits.plans:
        message = f"the studio searches at most {limits.plans:,} plans; the command line searches {MOST_PLANS:,}"
        raise ScenarioError(Problem(message, choices.file, path="levers", value=f"{choices.n_plans:,}"))
    busiest: dict[str, Any] = {}
    for lever in choices.levers:
        referrals: dict[float, dict[str, Any]] = {}
        for setting in lever.settings:
            scenario = with_changes(choices.loaded, setting.changes, choices.file)
            _check_plan(scenario, choices.file, f"levers.{lever.name}: {setting.name}", limits)
            referrals[Design(scenario).referrals_per_month() * scenario.trial.horizon_months] = setting.changes
        busiest |= referrals[max(referrals)]
    try:
        scenario = with_changes(choices.loaded, busiest, choices.file)
    except ScenarioError:
        return  # these settings do not go together, and are never simulated
    _check_plan(scenario, choices.file, "levers: the busiest of all plans", limits)


def _check_plan(scenario: Scenario, file: str, plan: str, limits: Limits) -> None:
    """As `check_limits`, with messages that name the file of options."""
    try:
        check_limits(scenario, limits)
    except ScenarioError as error:
        where = [replace(problem, file=file, path=f"{plan}: {problem.path}") for problem in error.problems]
        raise ScenarioError(where) from None

"""What a scenario from outside may ask for. Each message names the limit."""

from __future__ import annotations

from collections.abc import Iterator

from sim.core.design import Design
from sim.errors import Problem, ScenarioError, UsageError
from sim.scenario.schema import Scenario
from sim.web.settings import Limits


def check_limits(scenario: Scenario, limits: Limits, replications: int | None = None) -> None:
    """See that a scenario does not ask for more than this studio simulates.

    Args:
        scenario: the scenario.
        limits: what may be asked for.
        replications: simulated trials; default: as the scenario says.

    Raises:
        ScenarioError: it does, with every limit that it exceeds.
    """
    wrong = list(_exceeded(scenario, limits, replications))
    if not wrong:
        wrong = list(_too_many_referrals(scenario, limits))
    if wrong:
        raise ScenarioError(wrong)


def check_sweep_limits(n_points: int, replications: int, limits: Limits) -> None:
    """See that a sweep does not ask for more than this studio simulates.

    Args:
        n_points: scenarios.
        replications: simulated trials of each.
        limits: what may be asked for.

    Raises:
        UsageError: it does.
    """
    asked = [
        (n_points, limits.points, "points"),
        (n_points * replications, limits.swept, "simulated trials over all points of a sweep"),
    ]
    wrong = [Problem(_too_many(most, what), value=f"{value:,}") for value, most, what in asked if value > most]
    if wrong:
        raise UsageError(wrong)


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
            f"sites that look at so many patients until trial.horizon_months come to more than the "
            f"{limits.referrals:,.0f} referrals that the studio simulates in one trial"
        )
        yield Problem(message, path="sites", value=f"{referrals:,.0f}")

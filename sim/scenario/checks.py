"""Checks of whole scenarios that a schema cannot express: names that must exist, sums, dates in order.

Checks of a part with rules of its own are in the `*_checks.py` beside this. All register themselves in
`sim.scenario.rules`, and yield a message, a path and a value; `sim.scenario.messages` adds file and line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

from sim.errors import nearest
from sim.scenario import (  # noqa: F401 - their checks register themselves
    amendment_checks,
    cap_checks,
    event_checks,
    extension_checks,
    interim_checks,
    range_checks,
    risk_checks,
    start_up_checks,
)
from sim.scenario.country_checks import known_holidays
from sim.scenario.derived import DERIVED
from sim.scenario.distributions import Family
from sim.scenario.rules import RULES, Finding, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.follow_up import WayOut
from sim.scenario.schema.patients import NOT_STATED, Given, Test
from sim.scenario.yaml_source import KeyPath

PLANNED_DATES = ("recruitment", "primary_completion", "study_completion")  # in the order of a trial
_FIRST_YEAR, _LAST_YEAR = 1900, 2200  # so that no date before or after falls outside what a calendar can say


def check(scenario: Scenario) -> list[Finding]:
    """Find everything in a scenario that is wrong although each single value is valid.

    Args:
        scenario: a scenario that its schema accepts.

    Returns:
        (message, path, value) of each finding, in the order of the registered checks; none if nothing is wrong.
    """
    return [finding for ask in RULES for finding in ask(scenario)]


def numeric_names(scenario: Scenario) -> set[str]:
    """Names of numeric attributes and derived scores."""
    numeric = {name for name, value in scenario.patients.attributes.items() if not isinstance(value, dict)}
    return numeric | set(scenario.patients.derived)


def categories(scenario: Scenario) -> dict[str, set[str]]:
    """Categories of each categorical attribute, by its name."""
    return {name: set(value) for name, value in scenario.patients.attributes.items() if isinstance(value, dict)}


@registered
def _dates(scenario: Scenario) -> Iterator[Finding]:
    """Planned dates out of order or before day 0, and day 0 outside the supported years."""
    trial = scenario.trial
    planned = {name: day for name in PLANNED_DATES if (day := getattr(trial.planned, name)) is not None}
    opens = trial.enrolment_opens
    if not _FIRST_YEAR <= opens.year <= _LAST_YEAR:
        yield f"must be from {_FIRST_YEAR} to {_LAST_YEAR}", ("trial", "enrolment_opens"), str(opens)
        return
    for (earlier, first), (later, then) in pairwise(planned.items()):
        if first > then:
            yield f"{earlier} ({first}) must not be after {later} ({then})", ("trial", "planned"), None
    for name, day in planned.items():
        if day < opens:
            yield f"enrolment_opens ({opens}) must not be after planned.{name} ({day})", ("trial",), None


@registered
def _start(scenario: Scenario) -> Iterator[Finding]:
    """Probabilities of a late start and of none that sum to more than 1, and days without a probability."""
    start, path = scenario.trial.start, ("trial", "start")
    most = _most(start.late) + _most(start.never)
    if most > 1:
        yield f"late and never may come to more than 1 together: {most:g}", path, None
    if start.late != 0 and start.late_days == 0:
        yield "is required where a start may be late", (*path, "late_days"), None
    if start.late == 0 and start.late_days != 0:
        yield "is never used: say how likely a late start is", (*path, "late"), "0"


def _most(value: float | Family) -> float:
    """The largest value that a probability can have."""
    return value.bounds()[1] if isinstance(value, Family) else value


@registered
def _sites(scenario: Scenario) -> Iterator[Finding]:
    """Site groups without a referral rate, or that close before they open."""
    default = scenario.site_defaults
    if default.referrals_per_month is None:
        for name, group in scenario.sites.items():
            if group.referrals_per_month is None:
                yield "is required, here or in site_defaults", ("sites", name, "referrals_per_month"), None
    for name, group in scenario.sites.items():
        if isinstance(group.closes, date) and group.opens and group.closes < group.opens:
            yield f"'opens' ({group.opens}) must not be after 'closes' ({group.closes})", ("sites", name), None


@registered
def _calendar(scenario: Scenario) -> Iterator[Finding]:
    """Unknown public holidays, and periods for site groups that do not exist."""
    rule, path = scenario.calendar.public_holidays, ("calendar", "public_holidays")
    if rule is not None:
        yield from known_holidays(scenario, rule.country, rule.subdivision, path, (*path, "country"))
    for name, period in scenario.calendar.periods.items():
        for group in period.at or ():
            if group not in scenario.sites:
                message = f"there is no such site group; {nearest(group, scenario.sites)}"
                yield message, ("calendar", "periods", name, "at"), group


@registered
def _arms(scenario: Scenario) -> Iterator[Finding]:
    """Sentinels of an arm that does not exist."""
    sentinels = scenario.oversight.sentinels
    if sentinels and sentinels.arm not in scenario.arms:
        message = f"there is no such arm; {nearest(sentinels.arm, scenario.arms)}"
        yield message, ("oversight", "sentinels", "arm"), sentinels.arm


@registered
def _rules_about_doses(scenario: Scenario) -> Iterator[Finding]:
    """Find rules that count doses, wait for them or bring them although no arm has doses, or none of cells."""
    doses, cells = [arm.doses for arm in scenario.arms.values() if arm.doses], scenario.cells
    if cells is not None and all(each.is_drug for each in doses):
        why = f"and no arm has doses{' of cells' if doses else ''}, so that it would do nothing: leave it out"
        if cells.doses_in_stock_to_randomise:
            path = ("cells", "doses_in_stock_to_randomise")
            yield f"counts doses, {why}", path, str(cells.doses_in_stock_to_randomise)
        if cells.courier is not None:
            yield f"brings cells for doses, {why}", ("cells", "courier"), None
    if doses:
        return
    trial, oversight, why = scenario.trial, scenario.oversight, "and no arm has doses, so that it would do nothing"
    for name, counted in (("stop", oversight.stop), ("hold", oversight.hold)):
        if counted is not None:
            yield f"counts severe reactions to doses, {why}: leave it out", ("oversight", name), None
    if trial.replace != "never":
        yield f"counts from the first dose, {why}: write 'never'", ("trial", "replace"), trial.replace


@registered
def _randomisation(scenario: Scenario) -> Iterator[Finding]:
    """Block sizes that do not fit the allocation, and strata that do not exist or that the method does not use."""
    rule, path = scenario.randomisation, ("randomisation",)
    total = sum(arm.allocation for arm in scenario.arms.values())
    if rule.method == "permuted_blocks" and not rule.block_sizes:
        yield "permuted_blocks needs block_sizes", (*path, "block_sizes"), None
    for size in rule.block_sizes:
        if size % total:
            message = f"block sizes must be multiples of {total}, the sum of the allocation"
            yield message, (*path, "block_sizes"), str(size)
    if rule.stratify_by and rule.method not in ("permuted_blocks", "minimisation"):
        yield f"method '{rule.method}' has no strata", (*path, "stratify_by"), None
    strata = {"site", *categories(scenario), *scenario.patients.conditions, *scenario.patients.bands}
    for name in rule.stratify_by:
        if name not in strata:
            yield f"cannot stratify by this; {nearest(name, strata)}", (*path, "stratify_by"), name


_COUNTED = ("weight_kg", "days_since_decompensation")  # attributes that rules of the model take as numbers


@registered
def _attributes(scenario: Scenario) -> Iterator[Finding]:
    """Shares that do not sum to 1, names used twice, and attributes or scores that do not exist."""
    patients, kinds = scenario.patients, categories(scenario)
    numeric = numeric_names(scenario)
    for name, value in patients.attributes.items():
        if isinstance(value, dict) and abs(math.fsum(value.values()) - 1) > 1e-6:
            total = f"{math.fsum(value.values()):g}"
            yield "shares must sum to 1", ("patients", "attributes", name), total
        if isinstance(value, dict) and name in _COUNTED:
            message = "must be a number or a distribution, since the model counts with it"
            yield message, ("patients", "attributes", name), None
        if name in patients.conditions or name in patients.derived:
            yield "this name stands for two things", ("patients", "attributes", name), None
    for name in patients.sometimes:
        if name not in patients.attributes or name in kinds:
            message = f"there is no such numeric attribute; {nearest(name, numeric)}"
            yield message, ("patients", "sometimes", name), None
    for name, condition in patients.conditions.items():
        if isinstance(condition, Given):
            yield from _given(name, condition, kinds)
    for score in patients.derived:
        yield from _derived(score, set(patients.attributes))
    for name, band in patients.bands.items():
        if band.attribute not in numeric:
            message = f"there is no such attribute or score; {nearest(band.attribute, numeric)}"
            yield message, ("patients", "bands", name, "attribute"), band.attribute


def _given(name: str, condition: Given, kinds: dict[str, set[str]]) -> Iterator[Finding]:
    """Categories that a conditional probability names and the attribute does not have."""
    path = ("patients", "conditions", name)
    if condition.given not in kinds:
        yield (
            f"there is no such categorical attribute; {nearest(condition.given, kinds)}",
            (*path, "given"),
            condition.given,
        )
        return
    for category in condition.probability:
        if category not in kinds[condition.given]:
            yield (
                f"no such category; {nearest(category, kinds[condition.given])}",
                (*path, "probability", category),
                None,
            )


def _derived(score: str, attributes: set[str]) -> Iterator[Finding]:
    """Unknown scores, and attributes that a score needs and the scenario does not have."""
    path = ("patients", "derived")
    if score not in DERIVED:
        yield f"the program knows no such score; {nearest(score, DERIVED)}", path, score
        return
    for needed in DERIVED[score].needs:
        if needed not in attributes:
            yield f"'{score}' needs the attribute '{needed}'", path, score


@registered
def _correlation(scenario: Scenario) -> Iterator[Finding]:
    """Pairs that cannot be correlated, and correlations that contradict one another."""
    patients, path = scenario.patients, ("patients", "correlation")
    variable = {name for name, value in patients.attributes.items() if isinstance(value, Family)}
    valid = variable | {name for name, value in patients.conditions.items() if not isinstance(value, Given)}
    fine = True
    for pair in patients.correlation:
        left, tilde, right = pair.partition("~")
        if not tilde or left == right:
            yield "write a pair as 'a~b'", (*path, pair), None
            fine = False
        for name in {left, right} - valid if tilde else ():
            yield f"'{name}' cannot be correlated; {nearest(name, valid)}", (*path, pair), None
            fine = False
        if f"{right}~{left}" in patients.correlation and left < right:
            yield "the same pair stands twice", (*path, pair), None
    if fine and patients.correlation and not _positive_definite(patients.correlation):
        yield "these correlations contradict one another (their matrix is not positive definite)", path, None


def _positive_definite(pairs: dict[str, float]) -> bool:
    """Whether a Cholesky factorisation exists; plain arithmetic, so that validating needs no numpy."""
    names = sorted({name for pair in pairs for name in pair.split("~")})
    index = {name: i for i, name in enumerate(names)}
    matrix = [[1.0 if i == j else 0.0 for j in range(len(names))] for i in range(len(names))]
    for pair, value in pairs.items():
        i, j = (index[name] for name in pair.split("~"))
        matrix[i][j] = matrix[j][i] = value
    for i in range(len(names)):
        for j in range(i + 1):
            rest = matrix[i][j] - math.fsum(matrix[i][k] * matrix[j][k] for k in range(j))
            if i == j and rest <= 1e-12:
                return False
            matrix[i][j] = math.sqrt(rest) if i == j else rest / matrix[j][j]
    return True


@registered
def _criteria(scenario: Scenario) -> Iterator[Finding]:
    """Criteria with a reserved name, or with items that do not exist."""
    for name, criterion in scenario.screening.criteria.items():
        path = ("screening", "criteria", name)
        if name == NOT_STATED:
            yield "is what 'screening.failure' is called: give the criterion another name", path, None
        if criterion.attribute is not None:
            yield from _test(criterion, scenario, path)
        for form in ("any", "all", "none"):
            for item in getattr(criterion, form) or ():
                if isinstance(item, Test):
                    yield from _test(item, scenario, (*path, form))
                elif item not in scenario.patients.conditions:
                    yield (
                        f"there is no such condition; {nearest(item, scenario.patients.conditions)}",
                        (*path, form),
                        item,
                    )


def _test(test: Test, scenario: Scenario, path: KeyPath) -> Iterator[Finding]:
    """Tests of unknown attributes, or with limits that do not fit their kind."""
    numeric, kinds = numeric_names(scenario), categories(scenario)
    name = test.attribute
    if name is None:
        yield "a test needs an 'attribute'", path, None
    elif name not in numeric and name not in kinds:
        yield f"there is no such attribute or score; {nearest(name, numeric | set(kinds))}", (*path, "attribute"), name
    elif test.one_of is not None and name in numeric:
        yield f"'{name}' is a number; use min, max, below, above", (*path, "one_of"), None
    elif test.one_of is None and name in kinds:
        yield f"'{name}' has categories; use one_of", path, None
    for category in (test.one_of or ()) if name in kinds else ():
        if category not in kinds[str(name)]:
            yield f"no such category of {name}; {nearest(category, kinds[str(name)])}", (*path, "one_of"), category


@registered
def _leaving(scenario: Scenario) -> Iterator[Finding]:
    """Curves and hazard ratios of arms that do not exist, and arms with both or neither."""
    if scenario.follow_up is None:
        return
    ways = scenario.follow_up.leaving
    for name, way in ways.items():
        path = ("follow_up", "leaving", name)
        for arm in way.cumulative:
            if arm != "all" and arm not in scenario.arms:
                yield f"there is no such arm; {nearest(arm, scenario.arms)}", (*path, arm), None
        for arm in way.hazard_ratio:
            if arm not in scenario.arms:
                yield f"there is no such arm; {nearest(arm, scenario.arms)}", (*path, "hazard_ratio", arm), None
            if arm in way.cumulative:
                yield f"arm {arm} has a curve and a hazard_ratio: write one of them", path, None
        if "all" not in way.cumulative:
            for arm in scenario.arms:
                if arm not in way.cumulative and arm not in way.hazard_ratio:
                    yield f"arm {arm} needs a curve or a hazard_ratio", path, None
    for arm in scenario.arms:
        yield from _total_leaving(ways, arm)


def _total_leaving(ways: dict[str, WayOut], arm: str) -> Iterator[Finding]:
    """An arm in which the ways of leaving together exceed all participants.

    Args:
        ways: the ways of leaving by name.
        arm: the arm.

    Yields:
        (message, path, value) if the certain probabilities sum to 1 or more.
    """
    curves = [way.cumulative.get(arm, way.cumulative.get("all")) for way in ways.values()]
    total = math.fsum(_last(curve) for curve in curves if curve)
    if total >= 1:
        message = f"more participants of {arm} leave than there are: the last cumulative probabilities sum to {total:g}"
        yield message, ("follow_up", "leaving"), None


def _last(curve: Mapping[float, float | Family]) -> float:
    """The highest certain cumulative probability; uncertain ones are kept below 1 when drawn."""
    return max((value for value in curve.values() if isinstance(value, (int, float))), default=0.0)


@registered
def _cells(scenario: Scenario) -> Iterator[Finding]:
    """Doses by body weight without a weight, and stock before randomisation of cells made to order."""
    doses = [arm.doses for arm in scenario.arms.values() if arm.doses]
    of_cells = [each for each in doses if each.cells_per_kg] if scenario.cells else []
    if not isinstance(scenario.patients.attributes.get("weight_kg"), (int, float, Family)):
        for what, by_weight in (("cells", of_cells), ("a dose", [d for d in doses if d.is_drug and d.is_by_weight])):
            if by_weight:
                yield f"{what} by body weight need a numeric attribute 'weight_kg'", ("patients", "attributes"), None
    if scenario.cells is None or not of_cells:
        return
    if scenario.cells.source == "made_to_order" and scenario.cells.doses_in_stock_to_randomise:
        path = ("cells", "doses_in_stock_to_randomise")
        yield "holds for a bank only; cells made to order exist after randomisation", path, None

"""Levers: the values of a scenario that a planner moves, each with what the schema and the sources say about it.

`GROUPS` says which values are levers; a test holds every key of the schema to be one of them or to be left out for a
stated reason. Here they are data; `pages.run.panel` and `pages.sweep.varying` make controls of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from sim.report.key_words import key_words, parameter_words, words
from sim.scenario.described import Description, described
from sim.scenario.entry import Wording, wording
from sim.scenario.load import Loaded
from sim.scenario.provenance import Provenance, provenance
from sim.scenario.yaml_source import shown
from sim.web.state import State

CRITERIA = "Eligibility criteria"  # a group of its own kind: each may be switched off

# What a planner decides or doubts, in the order of the questions; a pattern stands for every value that it fits.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Sites and rates", (
        "sites.*.count", "sites.*.opens", "sites.*.referrals_per_month", "site_defaults.between_site_cv",
        "drift.*",
    )),
    ("Activation and ramp-up", (
        "site_defaults.lead_days", "site_defaults.activation_delay_days", "site_defaults.ramp_up.*",
        "site_defaults.never_enrols", "site_defaults.start_up.*.days", "countries.*.start_up.*.days",
        "sites.*.start_up.*.days",
    )),
    (CRITERIA, ("screening.criteria.*",)),
    ("Consent and screening", (
        "screening.consent", "screening.failure", "screening.days", "screening.window_days", "screening.patience_days",
        "screening.deteriorates_per_day", "screening.rescreen.*",
    )),
    ("Coordinators and bays", ("site_defaults.coordinators", "site_defaults.infusion_bays")),
    ("Cells", ("cells.*",)),
    ("Infusions", ("treatment.*",)),
    ("Sentinels and board", ("oversight.*",)),
    ("Dropout", ("follow_up.leaving.*",)),
    ("Follow-up and lock", (
        "follow_up.primary_endpoint_week", "follow_up.primary_completion", "follow_up.visit_window_days",
        "follow_up.missed_visit", "follow_up.database_lock_days",
    )),
    ("Calendar", ("trial.enrolment_opens", "calendar.*", "countries.*.public_holidays.factor")),
    ("Looks and changes on the way", (
        "interims.*.recruitment", "interims.*.takes_days", "interims.*.followed_weeks", "interims.*.stop",
        "interims.*.enlarge", "interims.*.enlarge_by", "amendments.*.on", "amendments.*.at_month",
        "amendments.*.at_randomised", "amendments.*.if_fewer_than", "amendments.*.after_days", "amendments.*.consent",
        "amendments.*.referrals_times",
    )),
    ("Limits", (
        "sites.*.max_participants", "site_defaults.max_participants", "caps.*.randomised", "caps.*.in_screening",
    )),
    ("Risks", ("risks.*.probability", "risks.*.days", "risks.*.from", "risks.*.to")),
    ("Target, rules and plan", (
        "trial.target", "trial.planned.*", "trial.horizon_months", "trial.replace", "trial.overrun",
    )),
)  # fmt: skip

# What a planner has named stands at once below these.
_NAMED = ("sites", "countries", "caps", "interims", "amendments", "risks")
_LIMITS = ("min", "max", "below", "above")  # of a criterion
_SPREADS = ("sigma", "sd", "n", "cv", "shape")  # parameters without the unit of what is drawn
_FORMS = ("dist", "uncertain")
_STEP_PARTS = 20  # of a range that is known
_SMALL_SHARE, _SMALL_STEP = 0.2, 0.01


@dataclass(frozen=True)
class Control:
    """One lever.

    Attributes:
        path: the path that it sets, as after `--set`.
        label: name, with the name of the part that it is in.
        kind: number, whole, choice, date, text or switch.
        value: value in the scenario.
        description: description in the schema.
        step: step of a number's arrows.
        part: the part it is in (a group of sites, a criterion), or empty.
        source: source of the value, or empty.
        grade: A to D, or empty.
        note: remark on the source, or empty.
        may_be_empty: whether it is optional.
    """

    path: str
    label: str
    kind: str
    value: Any
    description: Description
    step: float = 1.0
    part: str = ""
    source: str = ""
    grade: str = ""
    note: str = ""
    may_be_empty: bool = False

    @property
    def title(self) -> str:
        """The label with its unit."""
        unit = self.description.unit
        label = f"{self.label[:1].upper()}{self.label[1:]}"
        return label if not unit or unit in self.label else f"{label} ({unit})"

    @property
    def name(self) -> str:
        """The title after the part that it is in: `General hospital: Number of sites`."""
        return f"{self.part[:1].upper()}{self.part[1:]}: {self.title}" if self.part else self.title

    def text(self, value: Any) -> str | None:
        """A value of this control as written after `--set PATH=`.

        Args:
            value: as the browser sends it, which knows no difference between 4 and 4.0.

        Returns:
            None if it is not a value yet: an empty field of a value that must be given.
        """
        if self.kind == "switch":
            return "true" if value else "false"
        if value is None or value == "":
            return "null" if self.may_be_empty else None
        if isinstance(value, float) and value.is_integer():
            return shown(int(value))  # as the browser returns it
        return shown(value)


@dataclass(frozen=True)
class Criterion:
    """One eligibility criterion, which may be switched off.

    Attributes:
        name: name in the scenario.
        label: in words, with its place in the record.
        is_on: whether it applies.
        stage: the stage at which it is known.
        controls: its limits.
    """

    name: str
    label: str
    is_on: bool
    stage: str
    controls: tuple[Control, ...]

    @property
    def path(self) -> str:
        """The path that its switch sets."""
        return f"screening.criteria.{self.name}"


@dataclass(frozen=True)
class Levers:
    """All levers of a scenario.

    Attributes:
        sections: titles of groups, each with its levers, in the order of `GROUPS`.
        criteria: every criterion, those that are switched off among them.
    """

    sections: tuple[tuple[str, tuple[Control, ...]], ...]
    criteria: tuple[Criterion, ...]

    def by_path(self) -> dict[str, Control]:
        """Every lever by its path."""
        found = {c.path: c for _, controls in self.sections for c in controls}
        return found | {c.path: c for criterion in self.criteria for c in criterion.controls}


def levers(loaded: Loaded, with_all: Loaded) -> Levers:
    """All levers of a scenario.

    Args:
        loaded: the scenario.
        with_all: the scenario before any criterion was switched off.
    """
    rows, data, say = provenance(loaded), plain(loaded), wording(loaded.scenario)
    sections = [
        (title, tuple(_worded(control, say) for control in controls))
        for title, controls in _sections(rows, data, loaded)
    ]
    return Levers(tuple(sections), tuple(_criteria(rows, data, loaded, with_all)))


def _worded(control: Control, say: Wording) -> Control:
    """A lever with its words as the trial says them; its choices are the scenario's own."""
    description = replace(control.description, text=say(control.description.text))
    return replace(control, label=say(control.label), description=description)


def _sections(
    rows: list[Provenance], data: Mapping[str, Any], loaded: Loaded
) -> Iterator[tuple[str, tuple[Control, ...]]]:
    near = defaultdict(list)  # by their first key, because there are hundreds of rows and patterns
    for row in rows:
        if not _is_elsewhere(row):
            near[row.path.partition(".")[0]].append(row)
    for title, patterns in GROUPS:
        if title == CRITERIA:
            continue
        controls = [
            control
            for pattern in patterns
            for row in _rows(near[pattern.partition(".")[0]], pattern, loaded)
            for control in _controls(row, data)
        ]
        yield title, tuple(controls)


def _is_elsewhere(row: Provenance) -> bool:
    """Whether a value is left out because another says it: a cap has one number, an amendment has one moment, and a
    step takes the parts that it leaves out.
    """
    return row.value == "null" and (
        row.path.startswith(("caps.", "interims.", "amendments.", "risks.")) or ".start_up." in row.path
    )


def _criteria(rows: list[Provenance], data: Mapping[str, Any], loaded: Loaded, with_all: Loaded) -> Iterator[Criterion]:
    for name, rule in {**with_all.scenario.screening.criteria, **loaded.scenario.screening.criteria}.items():
        own = [row for row in rows if row.path.startswith(f"screening.criteria.{name}.")]
        controls = [
            control
            for row in own
            if row.path.rpartition(".")[2] in _LIMITS and row.value != "null"
            for control in _controls(row, data)
        ]
        item = f" ({rule.item})" if rule.item else ""
        is_on = name in loaded.scenario.screening.criteria
        yield Criterion(name, f"{words(name)}{item}", is_on, rule.stage, tuple(controls))


def _rows(rows: list[Provenance], pattern: str, loaded: Loaded) -> Iterator[Provenance]:
    """The rows that a pattern matches."""
    for row in rows:
        if fnmatchcase(row.path, pattern) or row.path.startswith(f"{pattern}."):
            yield row
    if pattern == "sites.*.opens":  # an option that groups seldom say, and that planners ask for first
        said = {row.path for row in rows}
        for name in loaded.scenario.sites:
            path = f"sites.{name}.opens"
            if path not in said:
                yield Provenance(path, "null", "default", "", "", "", False)


def _controls(row: Provenance, whole: Mapping[str, Any]) -> Iterator[Control]:
    value = value_in(whole, row.path)
    description = described(row.path)
    if isinstance(value, Mapping):
        if not any(form in value for form in _FORMS):
            return
        for name, part in value.items():
            if isinstance(part, (int, float)) and not isinstance(part, bool):
                yield _control(row, f"{row.path}.{name}", part, _parameter(description, row.path, name), whole)
        return
    if isinstance(value, (list, tuple)) or (value is None and not _may_be_given(description)):
        return
    yield _control(row, row.path, value, description, whole)


def _may_be_given(description: Description) -> bool:
    """Whether a control can set a value that was left out: a number or a date."""
    return description.is_date or bool(description.types & {"number", "integer"})


def _parameter(whole: Description, path: str, name: str) -> Description:
    """Description of one parameter of a distribution: with the unit and range of what is drawn, or none."""
    own = described(f"{path}.{name}")
    is_spread = name in _SPREADS
    return Description(
        whole.text,
        "" if is_spread else whole.unit,
        0.0 if is_spread else whole.low,
        None if is_spread else whole.high,
        frozenset({"number"}),
        False,
        own.choices,
    )


def _control(row: Provenance, path: str, value: Any, description: Description, whole: Mapping[str, Any]) -> Control:
    kind = _kind(value, description)
    keys = path.split(".")
    is_parameter = path != row.path
    label = key_words(row.path)
    if is_parameter:
        label = f"{label}, {parameter_words(keys[-1])}"
    part = ""
    if keys[0] in _NAMED or row.path.startswith(("follow_up.leaving.", "calendar.periods.")):
        named = row.path.split(".")
        part = _part(named, whole)
        if row.path.startswith("follow_up.leaving."):
            label = _leaving(named[3:]) + (f", {parameter_words(keys[-1])}" if is_parameter else "")
        elif ".start_up." in row.path or keys[0] == "countries":
            label = f"{words(named[-2])}, {label}"
    return Control(
        path, label, kind, value, description, _step(value, description, kind), part,
        row.source, row.grade, row.note, "null" in description.types,
    )  # fmt: skip


def _part(keys: list[str], whole: Mapping[str, Any]) -> str:
    """The part of the scenario that a value is in: a group of sites by its label."""
    if keys[0] not in _NAMED:
        return words(keys[2])
    named = value_in(whole, ".".join(keys[:2]))
    label = named.get("label") if isinstance(named, Mapping) else None
    return str(label) if label else words(keys[1])


def _leaving(keys: list[str]) -> str:
    """The label of a cumulative share that has left, or of a hazard ratio."""
    *arm, week = keys
    if week.isdecimal():
        return " ".join([*(f"{name}:" for name in arm), f"by week {week}"])
    return " ".join(words(key) for key in keys)


def _kind(value: Any, description: Description) -> str:
    if isinstance(value, bool):
        return "switch"
    if description.choices:
        return "choice"
    if description.is_date and (value is None or len(str(value)) == len("2020-01-01")):
        return "date"
    if isinstance(value, str):
        return "text"
    return "whole" if description.types <= {"integer", "null"} else "number"


def _step(value: Any, description: Description, kind: str) -> float:
    if kind == "whole":
        return 1.0
    if description.low == 0 and description.high == 1:
        return 1 / _STEP_PARTS if isinstance(value, float) and value >= _SMALL_SHARE else _SMALL_STEP
    size = abs(float(value)) if isinstance(value, (int, float)) and value else 1.0
    exponent = len(f"{int(size)}") - 1 if size >= 1 else -1
    return float(10.0 ** (exponent - 1)) if size >= 10 or size < 1 else 0.5


def value_at(loaded: Loaded, path: str) -> Any:
    """The value of a resolved scenario at a dotted path, as plain data.

    Args:
        loaded: the scenario.
        path: dotted path; a key may itself have a point, as the week `0.5`.

    Returns:
        None if there is none.
    """
    return value_in(plain(loaded), path)


def value_in(data: Any, path: str) -> Any:
    """As `value_at`, for a scenario that is already plain data; None if there is none."""
    keys = path.split(".")
    while keys:
        if not isinstance(data, Mapping):
            return None
        for n in range(1, len(keys) + 1):  # a week such as 0.5 has a point of its own
            key = ".".join(keys[:n])
            found = next((k for k in (key, f"{key}.0") if k in data), None)
            if found is not None:
                data, keys = data[found], keys[n:]
                break
        else:
            return None
    return data


def plain(loaded: Loaded) -> dict[str, Any]:
    """A resolved scenario as plain data."""
    return loaded.scenario.model_dump(mode="json", by_alias=True)


def new_sites_group(loaded: Loaded, n: int, like: str, opens: str) -> tuple[str, dict[str, Any]]:
    """More sites like those of a group, which open on a date: their name in the scenario, and what it says of them.

    Args:
        loaded: the scenario.
        n: number of new sites.
        like: name of the group.
        opens: date on which they open, as YYYY-MM-DD.
    """
    group = dict(value_at(loaded, f"sites.{like}"))
    label = group.get("label") or like.replace("_", " ")
    number = 1
    while (name := f"new_{like}_{number}"[:60]) in loaded.scenario.sites:
        number += 1
    return name, _said(group | {"count": n, "opens": opens, "label": f"New {label}"[:80]})


def _said(value: Any) -> Any:
    """Plain data without what was left out."""
    if isinstance(value, Mapping):
        return {key: _said(item) for key, item in value.items() if item is not None}
    return value


def without_changes(state: State) -> State:
    """The state before anything was set."""
    return State(state.scenario, state.file)

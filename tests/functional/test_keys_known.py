"""Every key of a scenario is known where planners ask: in the studio, and in `explain`. Or it is left out on purpose.

A new key fails these tests until it is a lever of the studio (`sim.web.parts.levers.GROUPS`) and may be uncertain or is
taken away by a cause (`sim.experiment.explanation.causes`), or stands below with the reason why not.
"""

from __future__ import annotations

import importlib
import typing
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from conftest import ROOT

from sim.experiment.explanation.causes import causes_of_delay
from sim.scenario.distributions import Family
from sim.scenario.load import load_scenario
from sim.scenario.provenance import changes
from sim.scenario.schema import Scenario
from sim.scenario.schema.values import Section
from sim.web.parts.levers import GROUPS

SETTLED = "settled by the protocol; edited in the studio's file view"
NAMES = "names another part; edited in the file view"
PRICES = "unit costs move no date; edited in the file view"
PATIENTS = "who is referred is a description, edited in the file view; criteria are the levers"
NO_MODEL = "says how a run is made or where a number comes from, and changes no trial"

NO_LEVER: dict[str, str] = {
    "name": NO_MODEL,
    "question": NO_MODEL,
    "experiment.*": NO_MODEL,
    "sources.*": NO_MODEL,
    "bibliography.*": NO_MODEL,
    "*.label": NO_MODEL,
    "trial.start.*": "two values that must agree; edited in the file view",
    "arms.*": SETTLED,
    "randomisation.*": SETTLED,
    "follow_up.visit_weeks": SETTLED,
    "follow_up.primary_completion.*": SETTLED,
    "site_defaults.referrals_per_month": "each group has its own, which is the lever",
    "site_defaults.opens": "each group has its own, which is the lever",
    "*.closes.after_days_without_randomisation": "a rule of few trials; edited in the file view",
    "*.country": NAMES,
    "*.start_up.*.after": "the order of steps is edited in the file view",
    "*.start_up.*.each": "the order of steps is edited in the file view",
    "countries.*.public_holidays.subdivision": NAMES,
    "countries.*.costs.*": PRICES,
    "costs.*": PRICES,
    "amendments.*.costs.*": PRICES,
    "caps.*.*": "whom a cap counts is edited in the file view; its number is the lever",
    "interims.*.at_events": SETTLED,
    "interims.*.at_randomised": SETTLED,
    "interims.*.every": SETTLED,
    "interims.*.of": NAMES,
    "interims.*.days_between": SETTLED,
    "amendments.*.opens": NAMES,
    "amendments.*.opens_arms": NAMES,
    "amendments.*.closes_arms": NAMES,
    "amendments.*.drops": NAMES,
    "amendments.*.in_screening": SETTLED,
    "amendments.*.groups": NAMES,
    "risks.*.delays": NAMES,
    "risks.*.step": NAMES,
    "risks.*.groups": NAMES,
    "patients.*": PATIENTS,
    "extensions.*": "the studio takes no extensions: it would run the code of its visitors",
}
CHOICE = "a choice of the planner, and no delay: `compare`, `sweep` and `plan` say what it is worth"
NO_CAUSE: dict[str, str] = {
    "name": NO_MODEL,
    "question": NO_MODEL,
    "experiment.*": NO_MODEL,
    "sources.*": NO_MODEL,
    "bibliography.*": NO_MODEL,
    "*.label": NO_MODEL,
    "costs.currency": NO_MODEL,
    "extensions.*.sha256": "names the code; the rule as a whole is a cause",
    "trial.target": CHOICE,
    "trial.enrolment_opens": CHOICE,
    "trial.horizon_months": CHOICE,
    "trial.planned.*": "measured against, and changes no trial",
    "arms.*": CHOICE,
    "randomisation.*": CHOICE,
    "patients.*": PATIENTS,
    "*.country": "names the country; its holidays, steps and caps are the causes",
    "follow_up.visit_weeks": CHOICE,
    "follow_up.primary_endpoint_week": CHOICE,
    "follow_up.primary_completion.*": CHOICE,
    "treatment.*": CHOICE,
    "calendar.periods.*": "the period as a whole is the cause, by its factor",
    "*.public_holidays.subdivision": "names the days; all of them are the cause, by their factor",
}


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in typing.get_args(annotation):
        yield from _parts(part)


def keys(section: type[Section], prefix: str = "", within: tuple[type, ...] = ()) -> Iterator[tuple[str, bool]]:
    """Each key as a path with `*` for names that a planner gives, and whether it may be uncertain."""
    for name, info in section.model_fields.items():
        parts = list(_parts(info.annotation))
        below = [part for part in parts if isinstance(part, type) and issubclass(part, Section) and part not in within]
        path = f"{prefix}{info.alias or name}" + (
            ".*" if any(typing.get_origin(part) is dict for part in parts) else ""
        )
        if not below:
            yield path, any(isinstance(part, type) and issubclass(part, Family) for part in parts)
        for part in below:
            yield from keys(part, f"{path}.", (*within, part))


def left_out(path: str, reasons: Mapping[str, str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in reasons)


def unused(reasons: Mapping[str, str], unknown: set[str]) -> list[str]:
    """Patterns that leave out nothing which would be missed otherwise."""
    return [pattern for pattern in reasons if not any(fnmatchcase(path, pattern) for path in unknown)]


def test_every_key_is_a_lever_of_the_studio_or_left_out_on_purpose() -> None:
    """What no lever stands for has its reason above, and no reason stands there for nothing."""
    patterns = [pattern for _, patterns in GROUPS for pattern in patterns]
    paths = {path for path, _ in keys(Scenario)}
    levers = {path for path in paths if any(fnmatchcase(path, p) or fnmatchcase(f"{path}.x", p) for p in patterns)}
    # Where all sites have a lever, a group that differs has its own value in its file.
    of_all = {path.replace("site_defaults", "sites.*", 1) for path in levers if path.startswith("site_defaults.")}
    unknown = paths - levers - of_all
    missing = sorted(path for path in unknown if not left_out(path, NO_LEVER))
    assert not missing, "\n".join(missing)
    assert unused(NO_LEVER, unknown) == []


def _is_within(path: str, changed: str) -> bool:
    """Whether a key is, or stands below, a part that a cause takes away."""
    ours, theirs = path.split("."), changed.split(".")
    shared = min(len(ours), len(theirs))
    return all(a in ("*", b) for a, b in zip(ours[:shared], theirs[:shared], strict=True))


def test_every_key_is_an_input_or_a_cause_of_explain_or_left_out_on_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that may be uncertain is an input; of the others, a cause takes them away where they delay something."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "back"))
    renew = importlib.import_module("renew")
    ways = [getattr(renew, name) for name in dir(renew) if name.isupper() and isinstance(getattr(renew, name), tuple)]
    full = (
        "site_defaults.max_participants=30",
        "site_defaults.opens=2020-03-01",
        "sites.clinic.coordinators=1",
        "sites.clinic.infusion_bays=1",
        "site_defaults.activation_delay_days=0",
        "sites.clinic.start_up={contract: {days: 40, after: []}}",
        "trial.overrun=randomise",
    )
    rich = [
        load_scenario("base"),
        load_scenario(renew.SCENARIO, full),
        *(load_scenario(renew.SCENARIO, w) for w in ways),
    ]
    taken = {
        change.dotted
        for scenario in rich
        for cause in causes_of_delay(scenario)
        for change in changes(scenario, cause.scenario)
    }
    unknown = {
        path
        for path, may_be in keys(Scenario)
        if not may_be and not any(_is_within(path, changed) for changed in taken)
    }
    missing = sorted(path for path in unknown if not left_out(path, NO_CAUSE))
    assert not missing, "\n".join(missing)
    assert unused(NO_CAUSE, unknown) == []


def test_a_key_that_nobody_knows_is_noticed() -> None:
    """The walk finds what stands deep in a section, and a key without lever or reason is told."""
    found = dict(keys(Scenario))
    assert found["sites.*.referrals_per_month"]
    assert not found["cells.suites"]
    assert "follow_up.primary_completion.at_the_latest" in found
    assert not left_out("screening.consent", NO_LEVER)

"""The compiled engine: the same events as SimPy, bit for bit, for what it knows, and SimPy for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_scenarios import scenarios

from sim.analysis.logs import Logs
from sim.analysis.reduce import Reducer
from sim.api.run import run
from sim.compiled import choice as engine
from sim.compiled import ready
from sim.compiled.known import KNOWN, reason_not_compiled
from sim.core.batch import Batch, replications_at_once
from sim.core.design import Design
from sim.core.events import EndedAtOnce
from sim.errors import UsageError
from sim.experiment.replicate import replicate_chunk
from sim.scenario.load import load_scenario, scenario_from_mapping
from sim.scenario.schema import Scenario
from sim.trial import Trial

pytestmark = pytest.mark.skipif(not ready.has_numba(), reason="Numba is not installed")

FILES = sorted([*(ROOT / "scenarios").glob("*.yaml"), *(ROOT / "scenarios" / "templates").glob("*.yaml")])
FILES += [ROOT / "benchmarks" / "like-plain-simpy.yaml", ROOT / "tests" / "back" / "eventful.yaml"]
COMPILED = [path for path in FILES if reason_not_compiled(load_scenario(path)) is None]
ON_SIMPY = {
    "cells-made-to-order": "cells.source: made_to_order",
}
SAID = "simulated on SimPy: the compiled engine does not know"
_LARGE = 1_000  # participants, of which a trial takes a second on SimPy


@pytest.fixture(scope="module", autouse=True)
def compiled_once() -> None:
    """Compile in a process of its own, where nobody has; other processes of the tests wait for it."""
    ready.make_ready_apart()


def on_simpy(batch: Batch) -> Iterator[Logs]:
    for row in range(batch.n):
        yield Logs.of(Trial(batch, batch.first + row).run())


def compiled(batch: Batch) -> Iterator[Logs]:
    """Those that the compiled engine gives before it hands over to SimPy."""
    for written in ready.engine().simulated(batch):
        yield from Logs(*written).each()


def assert_same(ours: Logs, theirs: Logs, where: str) -> None:
    """Every number is the same, to the last bit."""
    assert ours.happened.tobytes() == theirs.happened.tobytes(), where
    assert ours.visits.tobytes() == theirs.visits.tobytes(), where
    for field in fields(EndedAtOnce):
        one, other = getattr(ours.ended_at_once, field.name), getattr(theirs.ended_at_once, field.name)
        assert one.dtype == other.dtype, where
        assert one.tobytes() == other.tobytes(), f"{where}: {field.name}"


def compare(scenario: Scenario, n: int, seed: int = 20191001, first: int = 0, handed_over: int = 0) -> None:
    """Compare replications; as many batches as given may end in a hand-over to SimPy."""
    assert reason_not_compiled(scenario) is None
    design, n_over = Design(scenario), 0
    size = replications_at_once(design)
    for start in range(first, first + n, size):
        k = min(size, first + n - start)
        theirs = on_simpy(Batch(design, seed, start, k))
        found = list(compiled(Batch(design, seed, start, k)))
        n_over += len(found) < k
        for i, ours in enumerate(found):
            assert_same(ours, next(theirs), f"replication {start + i}")
    assert n_over <= handed_over


def test_these_scenarios_are_compiled() -> None:
    """All that come with the program, but for those with a rule that is named."""
    reasons = {path.stem: reason_not_compiled(load_scenario(path)) for path in FILES}
    assert {name: reason for name, reason in reasons.items() if reason} == ON_SIMPY


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_same_events(path: Path) -> None:
    scenario = load_scenario(path)
    compare(scenario, 1 if scenario.trial.target > _LARGE else 30)


@pytest.mark.slow
@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_same_events_in_a_thousand_trials(path: Path) -> None:
    compare(load_scenario(path), 1000)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(["trial.overrun=randomise", "trial.replace=not_evaluable"], id="overrun and replacement"),
        pytest.param(["site_defaults.max_participants=16"], id="sites are full"),
        pytest.param(["site_defaults.closes={after_days_without_randomisation: 60}"], id="sites close in a drought"),
        pytest.param(["site_defaults.closes=2020-09-01"], id="sites close on a date"),
        pytest.param(["cells.stock.shelf_life_days=40", "cells.suites=4"], id="lots expire"),
        pytest.param(["cells.lots.yield_cells=3.0e+7", "cells.suites=6"], id="many lots for a dose"),
        pytest.param(["treatment.severe_reaction=0.2", "oversight.hold.probability=0.3"], id="holds"),
        pytest.param(["treatment.severe_reaction=0.2", "oversight.stop.action=hold"], id="the board holds"),
        pytest.param(
            ["treatment.severe_reaction=0.6", "oversight.hold={probability: 1, days: 1}", "oversight.stop=null"],
            id="many holds",
        ),
        pytest.param(["treatment.severe_reaction=0.3"], id="the board ends the trial"),
        pytest.param(["randomisation.method=simple", "randomisation.stratify_by=[]"], id="simple randomisation"),
        pytest.param(["follow_up=null"], id="no follow-up"),
        pytest.param(["patients.attributes.age_years={dist: empirical, values: [30, 50, 50, 80]}"], id="numpy draws"),
        pytest.param(["randomisation.stratify_by=[site, sex, ascites]"], id="strata"),
        pytest.param(["site_defaults.coordinators=1", "screening.days=12"], id="few coordinators"),
        pytest.param(["trial.start.late=0.7", "trial.start.late_days=60"], id="a late start"),
        pytest.param(["drift.common=0.3"], id="rates drift"),
        pytest.param(["risks.strike={probability: 0.5, days: 60, delays: recruitment, from: 2020-03-01}"], id="a risk"),
        pytest.param(
            [
                "site_defaults.activation_delay_days=0",
                "site_defaults.start_up={ethics: {days: {dist: gamma, mean: 60, cv: 0.4}}, contract: {days: 30, after: "
                "[ethics]}}",
            ],
            id="steps of start-up",
        ),
    ],
)
def test_same_events_by_rule(changes: list[str]) -> None:
    compare(load_scenario("base", changes), 30, first=7)


LATE = "{events: 120, not_before: 2028-12-01, last_visits_days: {dist: triangular, low: 3, mode: 20, high: 40}}"
NOBODY_LEFT = "{events: 300, at_the_latest: 2033-06-01}"
FULL = "caps.third={arm: control, randomised: 150}"
DOSES = "arms.first_treatment.doses={weeks: [0, 12], amount: 1, unit: mg}"
STOPS = "interims.futility={at_events: [60, 120], stop: 0.4, takes_days: 30, recruitment: pauses_at_look}"
SMALL_BLOCKS = "randomisation={method: permuted_blocks, block_sizes: [3]}"


@pytest.mark.parametrize(
    ("template", "changes"),
    [
        pytest.param("oncology", [f"follow_up.primary_completion={LATE}"], id="completion not before a date"),
        pytest.param("oncology", [f"follow_up.primary_completion={NOBODY_LEFT}"], id="completion with nobody left"),
        pytest.param("oncology", ["follow_up.primary_completion={events: 300}"], id="too few events"),
        pytest.param("drug", ["amendments.more_sites.if_fewer_than=1"], id="sites that never open"),
        pytest.param("platform", [SMALL_BLOCKS], id="arms in blocks"),
        pytest.param("platform", ["randomisation={method: minimisation}"], id="minimisation of several arms"),
        pytest.param("platform", ["randomisation={method: biased_coin}"], id="a coin for several arms"),
        pytest.param("platform", ["randomisation={method: urn}"], id="an urn for several arms"),
        pytest.param("oncology", [STOPS], id="looks stop before primary completion"),
        pytest.param("platform", ["trial.replace=not_evaluable", DOSES], id="replacement under caps"),
        pytest.param(
            "platform", [FULL, "amendments.ends={at_month: 12, closes_arms: first_treatment}"], id="full arms"
        ),
    ],
)
def test_same_events_of_changed_templates(template: str, changes: list[str]) -> None:
    compare(load_scenario(ROOT / "scenarios" / "templates" / f"{template}.yaml", changes), 5, first=7)


def known_of(data: dict[str, Any]) -> dict[str, Any]:
    """A random scenario without the values that the compiled engine does not know."""
    if data.get("cells"):
        data["cells"] |= {"source": "bank", "courier": None}
    for section, key in ((data["treatment"], "unfit_days"), (completion_of(data), "last_visits_days")):
        if isinstance(section.get(key), dict) and section[key].get("dist") == "exponential":
            section[key] = {"dist": "triangular", "low": 0.5, "mode": 2.0, "high": 9.0}
    return data


def completion_of(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data.get("follow_up", {}).get("primary_completion", {})
    return found


LOOKS = "interims.look={at_randomised: [8, 20], followed_weeks: 4, takes_days: {dist: gamma, mean: 12, cv: 0.5}"
COHORTS = "interims.cohorts={every: 4, recruitment: pauses_when_randomised, takes_days: 10, days_between: 2"
DROPS = "{at_month: 2, drops: [age, meld, no_hcc], in_screening: true, after_days: 20}"
RESERVE = "sites.reserve={count: 3, referrals_per_month: 4}"
STEPS = (
    "site_defaults.start_up={ethics: {days: {dist: gamma, mean: 60, cv: 0.4}}, contract: {days: 30, after: [ethics]}, "
)
STEPS += "regulator: {days: {dist: uniform, low: 20, high: 90}, each: trial}}"
OPENS = "amendments.more={at_month: 3, opens: reserve}"
LATE_SITES = "risks.late={probability: 0.6, days: 40, delays: activation}"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([f"{LOOKS}}}"], id="looks"),
        pytest.param([f"{LOOKS}, recruitment: pauses_at_look, stop: 0.4}}"], id="looks that stop"),
        pytest.param([f"{LOOKS}, enlarge: 0.5, enlarge_by: 12}}"], id="looks that enlarge"),
        pytest.param([f"{COHORTS}, enlarge: 0.45, enlarge_by: 8}}"], id="more cohorts than the target has"),
        pytest.param(["interims.events={at_events: [2, 5], takes_days: 20, stop: 0.5}"], id="looks at events"),
        pytest.param([f"{LOOKS}}}", COHORTS + "}"], id="looks and cohorts"),
        pytest.param([f"amendments.wider={DROPS}", "screening.rescreen.probability=0.6"], id="dropped criteria"),
        pytest.param(["amendments.consent={at_month: 2, consent: 0.9}"], id="consent"),
        pytest.param(["amendments.rate={at_randomised: 5, referrals_times: 3}"], id="rates"),
        pytest.param(
            ["amendments.rate={at_month: 4, referrals_times: 0}", "amendments.back={at_month: 6, referrals_times: 2}"],
            id="rates of nothing",
        ),
        pytest.param(
            ["site_defaults.ramp_up={start_fraction: 0.1, days: 200}", "amendments.rate={at_month: 5, "
             "referrals_times: {uncertain: uniform, low: 0.2, high: 3}}"],
            id="rates in ramp-up",
        ),
        pytest.param([RESERVE, OPENS, LATE_SITES], id="late sites of an amendment"),
        pytest.param([RESERVE, "site_defaults.activation_delay_days=0", STEPS, OPENS, LATE_SITES], id="steps of them"),
        pytest.param(["randomisation={method: minimisation, stratify_by: [site, sex, ascites]}"], id="minimisation"),
        pytest.param(["randomisation={method: minimisation, stratify_by: []}"], id="minimisation overall"),
        pytest.param(["randomisation={method: biased_coin, stratify_by: []}"], id="biased coin"),
        pytest.param(["randomisation={method: urn, stratify_by: []}"], id="urn"),
        pytest.param(["caps.women={randomised: 10, stratum: {sex: female}, known: tests}"], id="a stratum is full"),
        pytest.param(["caps.site={randomised: 5, each: site, overrun: randomise}"], id="sites have caps"),
        pytest.param(["caps.desks={in_screening: 2, each: site}"], id="people in screening"),
    ],
)  # fmt: skip
def test_same_events_by_rule_of_change(changes: list[str]) -> None:
    compare(load_scenario("base", changes), 20, first=7)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=scenarios(), seed=st.integers(0, 2**32))
def test_same_events_in_random_scenarios(data: dict[str, Any], seed: int) -> None:
    compare(scenario_from_mapping(known_of(data)), 4, seed, handed_over=1)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=scenarios(), seed=st.integers(0, 2**32))
def test_same_events_in_many_random_scenarios(data: dict[str, Any], seed: int) -> None:
    compare(scenario_from_mapping(known_of(data)), 4, seed, handed_over=1)


def test_what_is_too_much_runs_on_simpy() -> None:
    """More events than a replication may have: it runs on SimPy, those around it do not, and measures agree."""
    reducer = Reducer(Design(load_scenario("base")))
    reducer.design.most_events = 900
    with engine.engine_asked("compiled"):
        ours = replicate_chunk(reducer, 5, 0, 12)
    with engine.engine_asked("simpy"):
        theirs = replicate_chunk(reducer, 5, 0, 12)
    assert (ours.engine, theirs.engine) == ("compiled", "simpy")
    assert len(list(compiled(Batch(reducer.design, 5, 0, 12)))) < 12
    assert ours.values.tobytes() == theirs.values.tobytes()


def test_as_many_replications_run_together_as_their_rows_allow() -> None:
    """At most four times as many as numpy draws together; as many as that before any are known."""
    of, design = ready.engine().replications_at_once, Design(load_scenario("base"))
    assert of(design, 12, 10**9) == 12
    n_rows = sum(log.n_rows for log in compiled(Batch(design, 1, 0, 24))) / 24
    assert [of(design, 12, int(n * n_rows) + 1) for n in (5, 20, 1000)] == [12, 20, 48]


def test_every_file_of_a_run_is_the_same(tmp_path: Path) -> None:
    """The manifest alone says what simulated."""
    for name in ("simpy", "compiled"):
        run("base", replications=100, workers=1, causes=False, report=False, out=tmp_path / name, engine=name)
    for path in sorted((tmp_path / "simpy").iterdir()):
        other = tmp_path / "compiled" / path.name
        if path.name == "manifest.json":
            ours, theirs = json.loads(other.read_text()), json.loads(path.read_text())
            assert (ours["engines"], theirs["engines"]) == (["compiled"], ["simpy"])
            assert (ours["run"], ours["files"]) == (theirs["run"], theirs["files"])
        else:
            assert path.read_bytes() == other.read_bytes(), path.name


@pytest.mark.parametrize(
    ("section", "key", "path"),
    [
        ("Screening", "patience_days", "screening.patience_days"),
        ("Scenario", "oversight", "oversight"),
        ("Period", "factor", "calendar.periods.new_year_2020.factor"),
        ("Doses", "weeks", "arms.MSC.doses.weeks"),
    ],
)
def test_a_key_that_nobody_told_it_of_is_refused(section: str, key: str, path: str) -> None:
    """As a new key of the schema would be, wherever it is, as soon as a scenario has it."""
    known = KNOWN | {section: KNOWN[section] - {key}}
    assert reason_not_compiled(load_scenario("base"), known) == path
    assert reason_not_compiled(load_scenario("base", ["screening.patience_days=null"]), known) != "screening"


def test_a_section_that_nobody_told_it_of_is_refused() -> None:
    known = {name: keys for name, keys in KNOWN.items() if name != "Sentinels"}
    assert str(reason_not_compiled(load_scenario("base"), known)).startswith("oversight.sentinels.")


def test_a_scenario_that_it_does_not_know_is_one_message(tmp_path: Path) -> None:
    done = call("run", "cells-made-to-order", "--engine", "compiled", "-n", "2", "--out", str(tmp_path / "r"))
    assert done.code == 2
    assert "the compiled engine does not know cells.source: made_to_order" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("question", ["compare NAME base --set trial.target=4", "sweep NAME --vary trial.target=4,5"])
def test_each_command_says_once_why_it_simulates_on_simpy(question: str, tmp_path: Path) -> None:
    command = question.replace("NAME", "cells-made-to-order").split()
    done = call(*command, "-n", "2", "-w", "1", "--engine", "auto", "--no-report", "--out", str(tmp_path / "answer"))
    assert done.code == 0
    assert done.err.count(f"{SAID} cells.source: made_to_order") == 1


def test_simpy_where_it_is_not_known_and_the_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.VARIABLE, "auto")
    scenario = load_scenario("cells-made-to-order")
    assert engine.why_simpy(scenario) == f"{SAID} cells.source: made_to_order"
    assert engine.why_simpy(load_scenario("base")) is None
    assert not engine.is_compiled(Design(scenario), 1000)
    assert engine.is_compiled(Design(load_scenario("base")), 1000)


def test_nothing_fails_for_want_of_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "has_numba", lambda: False)
    monkeypatch.delitem(ready.sys.modules, "sim.compiled.engine", raising=False)
    design = Design(load_scenario("base"))
    with engine.engine_asked("auto"):
        assert not engine.is_compiled(design, 1000)
    with engine.engine_asked("compiled"), pytest.raises(UsageError, match="needs Numba"):
        engine.is_compiled(design, 1000)


def test_an_engine_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.VARIABLE, "simpi")
    with pytest.raises(UsageError, match="did you mean 'simpy'"):
        engine.asked()


def test_patients_that_numpy_draws_do_not_come_to_sites_of_an_amendment() -> None:
    """Their days are drawn before the trial begins, so the scenario runs on SimPy."""
    changes = [RESERVE, OPENS, "patients.attributes.age_years={dist: empirical, values: [30, 50]}"]
    assert str(reason_not_compiled(load_scenario("base", changes))).startswith("amendments.more.opens")
    assert reason_not_compiled(load_scenario("base", changes[:2])) is None


def test_an_odd_seed_has_the_same_numbers() -> None:
    """The largest seed fills all bits of a word of the generator's key."""
    compare(load_scenario("one-national-centre"), 3, seed=2**63 - 1)
    assert np.iinfo(np.int64).max == 2**63 - 1


def test_few_trials_are_compiled_where_the_code_is_loaded(monkeypatch: pytest.MonkeyPatch, base_design: Design) -> None:
    """As in a studio, whose first answers are of 18 trials: its processes begin with the code."""
    monkeypatch.setenv(engine.VARIABLE, engine.AUTO)
    monkeypatch.setattr(ready, "is_ready", lambda: True)
    found = []
    for is_loaded in (False, True):
        monkeypatch.setattr(ready, "is_loaded", lambda is_loaded=is_loaded: is_loaded)
        found.append(engine.is_compiled(base_design, 9))
    assert found == [False, True]

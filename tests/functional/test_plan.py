"""`plan`: the choice is that of the formula where there is one, and of a hundred times the effort where there is not.

In the simplest trial the time to the n-th randomisation is gamma with shape n and the rate of the plan, so that the
probability of making a date, and hence the cheapest plan that makes it, is known.
"""

from __future__ import annotations

import itertools
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import POISSON, ROOT
from scipy import stats

from sim.cli import main
from sim.core.clock import MONTH_DAYS
from sim.errors import InputError, RunInterrupted, ScenarioError, UsageError
from sim.experiment.execution import Execution
from sim.experiment.laboratory import PART
from sim.experiment.plan import search as plan_search
from sim.experiment.plan.answer import Asked, PlanAnswer, find_plan
from sim.report.plan.words import PlanTold, document
from sim.scenario.load import Loaded, load
from sim.scenario.options import load_options

ASSUMED = {"grade": "D", "source": "assumption"}
TARGET, RATE = 12, 2.0
BY = date(2020, 7, 31)
DAYS = 213.0  # from 2020-01-01 to the end of BY


def valued(prices: dict[Any, float]) -> list[dict[str, Any]]:
    return [{"value": value, "cost": cost, "source": ASSUMED} for value, cost in prices.items()]


SITES = {1: 1000.0, 2: 1900.0, 3: 3100.0, 4: 4600.0}
CONSENT = {0.5: 100.0, 0.7: 550.0, 0.9: 1500.0}
LEVERS: dict[str, Any] = {
    "sites": {"path": "sites.s.count", "values": valued(SITES)},
    "consent": {"path": "screening.consent", "values": valued(CONSENT)},
}


def small_scenario(folder: Path, **changes: Any) -> Loaded:
    data = POISSON | {"trial": {"target": TARGET, "enrolment_opens": "2020-01-01", "horizon_months": 60}}
    data |= {"sites": {"s": {"referrals_per_month": RATE}}, "screening": {"consent": 0.5}} | changes
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump(data))
    return load(file)


def asked(folder: Path, levers: dict[str, Any], loaded: Loaded | None = None, **changes: Any) -> Asked:
    file = folder / "options.yaml"
    file.write_text(yaml.safe_dump({"name": "Ways", "currency": "USD", "levers": levers}))
    known: dict[str, Any] = {"probability": 0.8, "budget": None, "confidence": 0.95, "trials": 2400, "seed": 3}
    choices = load_options(str(file), loaded or small_scenario(folder))
    return Asked(choices, "last_randomised", BY, **(known | changes))


def probability(n_sites: int, consent: float) -> float:
    """Of making the date, by the formula."""
    return float(stats.gamma(TARGET, scale=MONTH_DAYS / (RATE * n_sites * consent)).cdf(DAYS))


def cheapest(p: float) -> tuple[int, float]:
    """The cheapest plan with at least a probability, by the formula."""
    plans = [plan for plan in itertools.product(SITES, CONSENT) if probability(*plan) >= p]
    return min(plans, key=lambda plan: SITES[plan[0]] + CONSENT[plan[1]])


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> PlanAnswer:
    return find_plan(asked(tmp_path_factory.mktemp("plan"), LEVERS))


@pytest.mark.parametrize("p", [0.5, *(pytest.param(p, marks=pytest.mark.slow) for p in (0.2, 0.8))])
def test_the_choice_is_that_of_the_formula(p: float, tmp_path: Path) -> None:
    """Whatever the probability asked for, the cheapest plan that has it by the formula is chosen, and surely."""
    found = find_plan(asked(tmp_path, LEVERS, probability=p))
    sites, consent = cheapest(p)
    assert found.choice is not None
    assert (found.choice["sites"], found.choice["consent"]) == (str(sites), f"{consent:g}")
    assert found.choice["cost"] == pytest.approx(SITES[sites] + CONSENT[consent])
    assert found.p_right > 0.9
    assert found.n_trials <= 2400


def test_probabilities_are_those_of_the_formula(answer: PlanAnswer) -> None:
    """Each simulated plan's probability is the formula's, within four standard errors."""
    assert len(answer.plans) == len(SITES) * len(CONSENT)
    for _, row in answer.plans.iterrows():
        expected = probability(int(row["sites"]), float(row["consent"]))
        error = np.sqrt(max(expected * (1 - expected), 0.01) / row["n"])
        assert abs(row["probability"] - expected) < 4 * error, row


def test_effort_goes_where_it_matters(answer: PlanAnswer) -> None:
    """The choice and those near it are simulated most; plans that are out of the question, one part."""
    by_n = answer.plans.sort_values("n", ascending=False)
    assert answer.choice is not None
    assert answer.choice["n"] == by_n["n"].max() >= 4 * PART
    shown = set(answer.shown["plan"])
    others = answer.plans[~answer.plans["plan"].isin(shown)]
    assert len(others) >= 2
    assert (others["n"] == PART).all()
    assert (others["p_best"] <= 0.005).all()


def test_the_frontier_is_a_frontier(answer: PlanAnswer) -> None:
    """Along it, dearer plans are likelier and earlier, and the choice is on it."""
    assert answer.choice is not None
    for name, column, sign in (("best_by_probability", "probability", 1), ("best_by_date", "day", -1)):
        rows = answer.shown[answer.shown[name]].sort_values("cost")
        assert len(rows) >= 3
        assert rows["cost"].is_monotonic_increasing
        assert np.all(np.diff(sign * rows[column]) > 0)
        assert answer.choice["plan"] in set(rows["plan"])
    assert answer.shown["n"].nunique() == 1, "all on the same replications"


def test_the_next_best_is_the_next_cheapest(answer: PlanAnswer) -> None:
    """By the formula, and dearer by exactly the difference of the prices."""
    plans = sorted(
        (SITES[s] + CONSENT[c], s, c) for s, c in itertools.product(SITES, CONSENT) if probability(s, c) >= 0.8
    )
    assert answer.next_best is not None
    assert answer.contrast is not None
    assert (answer.next_best["sites"], answer.next_best["consent"]) == (str(plans[1][1]), f"{plans[1][2]:g}")
    assert answer.contrast[0].value == pytest.approx(plans[1][0] - plans[0][0])


@pytest.mark.slow
def test_a_long_list_is_narrowed_to_the_same_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many to list, fewer plans are simulated, and the formula's is still found."""
    monkeypatch.setattr(plan_search, "LISTED", 6)
    monkeypatch.setattr(plan_search, "_START", 10)
    monkeypatch.setattr(plan_search, "_PROPOSED", 4)
    useless = {"path": "site_defaults.coordinators", "values": [5, *valued({6: 700.0, 7: 900.0, 8: 950.0})]}
    found = find_plan(asked(tmp_path, LEVERS | {"coordinators": useless}))
    sites, consent = cheapest(0.8)
    assert found.choice is not None
    assert (found.choice["sites"], found.choice["consent"]) == (str(sites), f"{consent:g}")
    assert found.choice["coordinators"] == "5"
    assert found.space.n_plans == 48
    assert len(found.plans) < 40
    assert "ruled out" in " ".join(PlanTold(found).sentences())


def rich_levers() -> dict[str, Any]:
    """Six levers' worth of trade-offs on simulated costs."""
    return {
        "sites": {"path": "sites.s.count", "values": [1, 2, 3]},
        "start": {
            "settings": {
                "as planned": {},
                "earlier": {"set": {"site_defaults.lead_days": 60}, "cost": 3000, "source": ASSUMED},
            }
        },
        "consent": {
            "path": "screening.consent",
            "values": [0.5, {"value": 0.8, "cost_per_month": 400, "source": ASSUMED}],
        },
    }


def rich_scenario(folder: Path) -> Loaded:
    return small_scenario(
        folder,
        site_defaults={"activation_delay_days": {"dist": "uniform", "low": 30, "high": 120}, "between_site_cv": 0.5},
        costs={"currency": "USD", "site_activation": 5000, "site_month": 800, "central_month": 2000, "screening": 100},
    )


@pytest.mark.slow
def test_the_choice_is_that_of_a_hundred_times_the_effort(tmp_path: Path) -> None:
    """Exhaustive simulation of every plan, with a hundred times the trials, chooses the same plan."""
    question = asked(tmp_path, rich_levers(), rich_scenario(tmp_path), probability=0.7)
    found = find_plan(question, execution=Execution(workers=2))
    exhaustive = asked(tmp_path, rich_levers(), rich_scenario(tmp_path), probability=0.7, seed=77, trials=10**9)
    each = 100 * found.n_trials // found.space.n_plans // PART * PART
    with plan_search.Laboratory(77, None, Execution(workers=2)) as laboratory:
        search = plan_search.Search(found.space, exhaustive.question, laboratory)
        search.more(dict.fromkeys(found.space.all_plans(), each // PART))
    seen = {plan: search.seen[plan] for plan in search.plans}
    keeps = {plan: s.cost.mean() for plan, s in seen.items() if search.met(s).mean() >= 0.7}
    assert found.choice is not None
    assert found.choice["plan"] == "-".join(str(i + 1) for i in min(keeps, key=lambda plan: keeps[plan]))


def test_costs_are_simulated_and_extra(tmp_path: Path) -> None:
    """The mean cost of a plan is what the simulation counts, and what the options say, once and each month."""
    found = find_plan(asked(tmp_path, rich_levers(), rich_scenario(tmp_path), probability=0.5, trials=1200))
    plans = found.plans.set_index(["sites", "start", "consent"])
    early, plain = plans.loc[("1", "earlier", "0.5")], plans.loc[("1", "as planned", "0.5")]
    assert early["day"] < plain["day"]
    assert plain["cost"] > 5000
    assert found.as_it_is["cost"] > 5000
    assert document(found, "small.yaml")["currency"] == "USD"


# --- no plan


def test_it_says_which_constraint_fails_when_no_plan_is_in_time(tmp_path: Path) -> None:
    """The likeliest plan, how many points it is short, and by when the earliest makes it."""
    levers = {"sites": {"path": "sites.s.count", "values": valued({1: 1000.0, 2: 1900.0})}}
    found = find_plan(asked(tmp_path, levers, probability=0.9))
    assert found.choice is None
    assert found.p_none > 0.95
    text = " ".join(PlanTold(found).sentences())
    best = found.plans["probability"].max()
    assert "No plan makes the last randomisation by 2020-07-31 with 90 % probability" in text
    assert f"{100 * (0.9 - best):.0f} points short" in text
    late = found.plans["day"].min() - DAYS + 1
    assert f"{np.ceil(late):,.0f} days after" in text
    assert document(found, "x")["feasible"] is False


@pytest.mark.slow
def test_it_says_by_how_much_the_budget_is_too_small(tmp_path: Path) -> None:
    """The cheapest plan in time, how far over the budget it is, and what is likeliest within it."""
    sites, consent = cheapest(0.8)
    price = SITES[sites] + CONSENT[consent]
    found = find_plan(asked(tmp_path, LEVERS, budget=price - 250))
    assert found.choice is None
    text = " ".join(PlanTold(found).sentences())
    assert "USD 250 over it" in text
    assert "Within the budget, the likeliest is" in text
    enough = find_plan(asked(tmp_path, LEVERS, budget=price + 1))
    assert enough.choice is not None
    assert enough.choice["cost"] == pytest.approx(price)


# --- options files


def problem_of(folder: Path, levers: Any, **top: Any) -> str:
    file = folder / "options.yaml"
    file.write_text(yaml.safe_dump({"name": "Ways", "levers": levers} | top, sort_keys=False))
    with pytest.raises(ScenarioError) as raised:
        load_options(str(file), small_scenario(folder, costs={"currency": "USD", "screening": 1.0}))
    return str(raised.value)


@pytest.mark.parametrize(
    ("lever", "message"),
    [
        (
            {"path": "sites.t.count", "values": [1]},
            r"levers\.x\.values\.0: sites\.t\.count: there is no 't'.*valid here: s",
        ),
        ({"path": "screening.consnt", "values": [0.5]}, r"screening\.consnt: unknown key; did you mean 'consent'\?"),
        ({"path": "screening.consent", "values": [0.5, "high"]}, r"values\.1: screening\.consent: .*\(got 'high'\)"),
        ({"path": "sites.s.count", "values": [1, -2]}, r"values\.1: sites\.s\.count: must be at least 0 \(got -2\)"),
        ({"path": "sites.s.count", "values": [1, 1]}, r"levers\.x\.values: the same value stands twice"),
        ({"path": "sites.s.count", "valus": [1]}, r"levers\.x\.valus: unknown key; did you mean 'values'\?"),
        ({"path": "sites.s.count"}, "'path' and 'values' go together"),
        ({"label": "x"}, "write either 'path' and 'values', or 'settings'"),
        ({"path": "sites.s.count", "values": [{"value": 1, "cost": 5}]}, "a cost needs a source"),
        ({"path": "sites.s.count", "values": [{"value": 1, "cost": "dear", "source": ASSUMED}]}, "must be a number"),
        (
            {"settings": {"a": {"set": {"trial.target": 2.5}}}},
            r"settings\.a\.set: trial\.target: must be a whole number",
        ),
    ],
)
def test_what_is_wrong_with_a_lever_is_said(lever: dict[str, Any], message: str, tmp_path: Path) -> None:
    """One line with the file, its line, the path, the value and what is allowed."""
    text = problem_of(tmp_path, {"x": lever})
    assert re.search(message, text), text
    assert re.search(r"options\.yaml:\d+: ", text), text


def test_what_is_wrong_with_options_is_said(tmp_path: Path) -> None:
    """Currency, too many plans, no levers, no such file."""
    lever = {"path": "sites.s.count", "values": [1, 2]}
    assert "the scenario's costs are in USD (got EUR)" in problem_of(tmp_path, {"x": lever}, currency="EUR")
    many = {f"x{i}": {"path": "sites.s.count", "values": list(range(1, 20))} for i in range(6)}
    assert "make 47,045,881 plans; at most" in problem_of(tmp_path, many)
    assert "needs 1 or more items" in problem_of(tmp_path, {}) or "levers" in problem_of(tmp_path, {})
    with pytest.raises(InputError, match="did you mean 'registry-plan'"):
        load_options("registry-plam", small_scenario(tmp_path))


def test_the_options_that_come_with_the_program_fit_the_base_scenario() -> None:
    """Every cost in them has a source, and the scenario as it is is one of the plans but for the number of suites."""
    choices = load_options("registry-plan", load("base"))
    assert choices.file.endswith("registry-plan.yaml")
    for lever in choices.levers:
        assert len(lever.settings) >= 2
        for setting in lever.settings:
            assert setting.source is not None or not (setting.cost or setting.cost_per_month)
    assert (ROOT / "scenarios" / "options" / "registry-plan.yaml").is_file()


def test_questions_that_cannot_be_asked(tmp_path: Path) -> None:
    """A date before day 0 or beyond the horizon, options without any price, too few trials."""
    with pytest.raises(UsageError, match="need at least"):
        asked(tmp_path, LEVERS, trials=100)
    free = {"sites": {"path": "sites.s.count", "values": [1, 2]}}
    with pytest.raises(UsageError, match="say what anything costs"):
        asked(tmp_path, free)
    choices = asked(tmp_path, LEVERS).choices
    for by, message in ((date(2019, 12, 31), "before day 0"), (date(2030, 1, 1), "end of the simulated time")):
        with pytest.raises(UsageError, match=message):
            Asked(choices, "last_randomised", by, 0.8, None, 0.95, 6000, 1)


@pytest.mark.slow
def test_combinations_that_are_no_scenario_are_left_out_and_counted(tmp_path: Path) -> None:
    """Settings that are fine alone may contradict one another; the answer says how many do, and why."""
    arms = {"A": {"allocation": 1}, "B": {"allocation": 1}}
    loaded = small_scenario(tmp_path, arms=arms, randomisation={"method": "permuted_blocks", "block_sizes": [6]})
    levers = {
        "ratio": {"settings": {"1 to 1": {}, "2 to 1": {"set": {"arms.A.allocation": 2}}}},
        "blocks": {"path": "randomisation.block_sizes", "values": [[6], [4, 8]]},
        "sites": LEVERS["sites"],
    }
    found = find_plan(asked(tmp_path, levers, loaded, probability=0.3, trials=1500))
    assert len(found.space.impossible) == len(SITES)
    assert len(found.plans) == 12
    assert "are not valid scenarios, such as" in " ".join(PlanTold(found).sentences())


# --- the command


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    small_scenario(tmp_path)
    (tmp_path / "options.yaml").write_text(yaml.safe_dump({"name": "Ways", "currency": "USD", "levers": LEVERS}))
    command = [str(tmp_path / "small.yaml"), "--options", str(tmp_path / "options.yaml"), "--by", str(BY)]
    return ["plan", *command, "--milestone", "last_randomised", "-n", "1500", "--out", str(tmp_path / "out")]


def test_the_command(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints JSON alone, leaves a table, JSON and a page, and gives the same bytes with two processes."""
    assert main([*files, "--json", "--workers", "1"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["choice"]["settings"] == {"sites": str(cheapest(0.8)[0]), "consent": f"{cheapest(0.8)[1]:g}"}
    assert answer["p_right"] > 0.8
    out = tmp_path / "out"
    first = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file() and path.name != "manifest.json"}
    assert {"plans.csv", "frontier.csv", "neighbours.csv", "plan.json", "plan.html"} <= set(first)
    page = first["plan.html"].decode()
    assert answer["answer"][0] in re.sub("<[^>]+>", "", page)
    outside = re.sub("<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!#)', outside), "it opens offline"
    for path in (out / "chunks").iterdir():
        path.unlink()
    assert main([*files, "--workers", "2"]) == 0
    assert "The cheapest plan that makes the last enrolment by 2020-07-31" in capsys.readouterr().out
    assert first == {name: (out / name).read_bytes() for name in first}


def test_a_stopped_search_goes_on(tmp_path: Path) -> None:
    """After Ctrl-C what was simulated is read again, and the answer is that of a search that was not stopped."""
    question = asked(tmp_path, LEVERS, trials=1500)

    def stop(done: int, _total: int) -> None:
        if done >= 900:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted):
        find_plan(question, tmp_path / "chunks", Execution(workers=1, progress=stop))
    resumed = find_plan(question, tmp_path / "chunks")
    assert document(resumed, "x") == document(find_plan(question), "x")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "2020-02-30"], "must be a date that exists"),
        (["--by", "soon"], "must be a date that exists"),
        (["--by", "2019-01-01"], "before day 0"),
        (["--milestone", "cost"], "there is no such milestone"),
        (["--probability", "1.2"], "--probability"),
        (["--options", "nowhere.yaml"], "there is no such file"),
    ],
)
def test_bad_input(arguments: list[str], message: str, files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one clear line."""
    assert main([*files, *arguments]) == 2
    assert message in capsys.readouterr().err

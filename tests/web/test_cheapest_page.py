"""Cheapest plan: what is asked is in the link, the answer is that of the command, and what is wrong is said where."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

import pytest
from playwright.sync_api import expect
from studio_browser import LONG_MS, WAIT_SECONDS, Server, begin_job

from sim.errors import ScenarioError, UsageError
from sim.experiment.plan.answer import CONFIDENCE, Asked, PlanAnswer, find_plan
from sim.report.plan.words import PlanTold
from sim.report.reworded import reworded
from sim.scenario.layers import library_names
from sim.scenario.load import canonical, load, load_text
from sim.scenario.options import options_from_text
from sim.scenario.options_starter import EXAMPLE, starter_options
from sim.web.limits import check_plans
from sim.web.pages.plan.option_rows import (
    NEW_SITES,
    PLANNERS,
    Typed,
    levers_offered,
    read_options,
    rows_of,
    with_lever,
    with_rows,
    written_options,
)
from sim.web.pages.plan.question import Wish, planned_state
from sim.web.settings import Limits
from sim.web.state import State

SCENARIO = """name: two levers
trial: {target: 12, enrolment_opens: 2020-01-01, planned: {primary_completion: 2020-07-31}, horizon_months: 60}
arms: {A: {}}
sites: {s: {referrals_per_month: 2}}
screening: {consent: 0.5}
costs: {currency: EUR, site_month: 100}
"""
OPTIONS = """name: Sites and a nurse
levers:
  sites: {path: sites.s.count, values: [1, 2, 3, 4]}
  consent:
    settings:
      as it is: {}
      a nurse explains:
        set: {screening.consent: {uncertain: beta, mean: 0.8, n: 40}}
        cost: 200
        source: {grade: D, source: assumption}
"""
BY = "2020-07-31"
TRIALS = 1296  # as few as a first answer is worth for


def opened(visit: Callable[..., Any], server: Server, **asked: str) -> Any:
    """The page about the small scenario."""
    wish = {"milestone": "last_randomised", "trials": str(TRIALS)} | asked
    return visit(f"/cheapest?{urlencode({'file': server.kept(SCENARIO), **wish})}")


def written(page: Any, text: str) -> None:
    """Write options, and wait until the page has looked at them."""
    if not page.locator("#cheapest-text").is_visible():
        page.locator(".as-file > summary").click()
    page.locator("#cheapest-text").fill(text)
    page.wait_for_function("() => location.search.includes('options=')")


def found(page: Any) -> Any:
    """Ask, and wait for the whole answer."""
    page.locator("#cheapest-run").click()
    answer = page.locator("#cheapest-answer")
    answer.locator(".headline").wait_for(timeout=LONG_MS)
    page.locator("#cheapest-run:not([disabled])").wait_for(timeout=LONG_MS)
    expect(answer).not_to_contain_text("A first answer", timeout=LONG_MS)
    return answer


@lru_cache
def command(by: str = BY, trials: int = TRIALS) -> PlanAnswer:
    """The same question, as the command answers it."""
    loaded = load_text(SCENARIO)
    choices = options_from_text(OPTIONS, loaded)
    seed = loaded.scenario.experiment.seed
    asked = Asked(choices, "last_randomised", date.fromisoformat(by), 0.8, None, CONFIDENCE, trials, seed)
    return find_plan(asked)


def sentences_of(answer: PlanAnswer) -> list[str]:
    return reworded(PlanTold(answer).sentences(), *answer.scenarios)


def test_the_cheapest_plan_is_that_of_the_command(visit: Callable[..., Any], server: Server) -> None:
    page = opened(visit, server)
    assert page.locator("#cheapest-by").input_value() == BY, "the planned date is not the first"
    assert "path: sites.s.count" in page.locator("#cheapest-text").input_value(), "it begins with an empty form"
    written(page, OPTIONS)
    page.get_by_text("8 plans to choose from").wait_for()
    answer = found(page)
    sentences = sentences_of(command())
    headline = answer.locator(".headline")
    expect(headline).to_have_text(sentences[0], timeout=LONG_MS)
    text = answer.text_content()  # of every section; one is shown at a time
    told = [sentence.replace(" (--replications)", "") for sentence in sentences]  # an option of the command
    assert [sentence for sentence in told if sentence not in text] == []
    assert "A first answer" not in text
    assert "--options options.yaml --by 2020-07-31 --probability 0.8" in answer.locator(".command").text_content()


@pytest.mark.slow
def test_a_reload_loses_no_plan(visit: Callable[..., Any], server: Server) -> None:
    page = opened(visit, server)
    written(page, OPTIONS)
    headline = found(page).locator(".headline")
    sentences = sentences_of(command())
    for _ in range(2):
        page.reload()
        expect(headline).to_have_text(sentences[0], timeout=LONG_MS)
        page.locator("#cheapest-run:not([disabled])").wait_for(timeout=LONG_MS)
    assert page.locator("#cheapest-text").input_value() == OPTIONS


@pytest.mark.slow
def test_the_plan_opens_on_the_pages_plan_and_compare(visit: Callable[..., Any], server: Server) -> None:
    page = opened(visit, server)
    written(page, OPTIONS)
    links = found(page).locator(".then a")
    answer = command()
    changes = {f"{path}={value}" for path, value in answer.changes(answer.leading).items()}
    plan, compare = (parse_qs(urlparse(links.nth(i).get_attribute("href")).query) for i in (0, 1))
    assert plan["set"]
    assert {text for text in plan["set"] if "{" not in text} == {c for c in changes if "{" not in c}
    assert [State.of(side).changes for side in compare["side"]] == [(), tuple(plan["set"])]
    links.nth(1).click()
    page.locator("#compare-run").wait_for()
    assert "side=" in page.url


def test_wrong_options_are_said_at_the_text_and_at_their_line(visit: Callable[..., Any], server: Server) -> None:
    page = opened(visit, server)
    written(page, OPTIONS.replace("sites.s.count", "sites.z.count"))
    said = page.locator("#cheapest-options-said [role=alert]")
    assert "options.yaml:3: levers.sites.values.0: sites.z.count: there is no 'z' in the scenario" in said.inner_text()
    assert page.locator("#cheapest-gutter .wrong").inner_text() == "● 3"
    begin_job(page, "#cheapest-run")
    page.locator("#cheapest-run:not([disabled])").wait_for(timeout=LONG_MS)
    assert "sites.z.count" in said.inner_text()
    assert page.locator("#cheapest-answer .headline").count() == 0
    page.reload()
    assert "sites.z.count" in said.inner_text(timeout=LONG_MS)


def test_a_file_is_brought_and_one_that_is_none_is_refused(visit: Callable[..., Any], server: Server) -> None:
    page = opened(visit, server)
    page.locator(".as-file > summary").click()

    def bring(name: str, content: bytes) -> None:
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        page.locator("#cheapest-open input").set_input_files([file])

    bring("mine.yaml", OPTIONS.encode())
    page.get_by_text("8 plans to choose from").wait_for()
    assert page.locator("#cheapest-text").input_value() == OPTIONS
    bring("picture.png", b"\x89PNG")
    page.get_by_text("picture.png: is not an options file: its name must end in .yaml").wait_for()
    bring("bytes.yaml", b"\xff\xfe\0")
    page.get_by_text("bytes.yaml: is not UTF-8 text").wait_for()
    bring("long.yaml", b"#" * 1_000_001)
    page.get_by_text("long.yaml: is larger than 1 MB").wait_for()
    assert page.locator("#cheapest-text").input_value() == OPTIONS


@pytest.mark.slow
def test_no_plan_makes_it_says_what_fails_and_by_how_much(visit: Callable[..., Any], server: Server) -> None:
    page = opened(visit, server, by="2020-02-15")
    written(page, OPTIONS)
    answer = found(page)
    expect(answer.locator(".headline")).to_have_text(sentences_of(command("2020-02-15"))[0], timeout=LONG_MS)
    assert answer.locator(".headline").inner_text().endswith("points short.")
    assert answer.get_by_role("link", name="Open the likeliest plan on the page Plan").count() == 1
    page.locator("#cheapest-by").fill("2021-07-31")
    page.locator("#cheapest-budget").fill("1")
    page.wait_for_function("() => location.search.includes('budget=1') && location.search.includes('by=2021')")
    assert "by=2021-07-31" in page.url
    page.locator("#cheapest-run").click()
    answer.get_by_text("is within the budget of EUR 1").wait_for(timeout=LONG_MS)


def test_a_wrong_question_is_said_under_the_names_of_the_controls(visit: Callable[..., Any], server: Server) -> None:
    page = opened(visit, server, by="2035-01-01", budget="-5")
    wrong = page.locator("#cheapest-wrong [role=alert]")
    page.locator("#cheapest-run").click()
    assert "budget: must be more than 0 (got -5)" in wrong.inner_text(timeout=LONG_MS)
    page.locator("#cheapest-budget").fill("")
    page.wait_for_function("() => !location.search.includes('budget=')")
    page.locator("#cheapest-run:not([disabled])").click()
    page.get_by_text("date to make: is not before").wait_for(timeout=LONG_MS)
    assert "--" not in wrong.inner_text(), "an option of the command line"


def test_options_that_cost_nothing_are_refused_at_the_text(visit: Callable[..., Any]) -> None:
    page = visit("/cheapest?scenario=classroom")
    written(page, "name: free\nlevers:\n  sites: {path: sites.hospital.count, values: [1, 2]}\n")
    page.get_by_text("2 plans to choose from").wait_for()
    page.locator("#cheapest-run").click()
    said = page.locator("#cheapest-options-said [role=alert]")
    expect(said).to_contain_text("options.yaml: neither the scenario (section 'costs') nor these", timeout=LONG_MS)


def test_a_cost_can_be_read_on_a_phone(visit: Callable[..., Any]) -> None:
    page = visit("/cheapest?scenario=classroom", width=390)
    costs = page.locator(".option-row input[inputmode]")
    costs.nth(1).fill("100000")
    expect(costs.nth(1)).to_have_value("100,000")
    cut = "every => every.filter(one => one.scrollWidth > one.clientWidth).map(one => one.value)"
    assert costs.evaluate_all(cut) == []


def test_a_search_is_cancelled(visit: Callable[..., Any], server: Server) -> None:
    page = visit("/cheapest")
    page.locator("#cheapest-add").click()  # levers are chosen by their names, and priced in the form
    page.get_by_role("option", name="Artificial liver (E8): as it is, or off", exact=False).click()
    page.get_by_text("72 plans to choose from").wait_for()
    page.get_by_label("artificial liver allowed: costs once").fill("20000")
    text = page.locator("#cheapest-text")
    expect(text).to_have_value(re.compile("cost: 20000\n.*the planner's own figure"))
    page.locator("section[aria-label='Artificial liver allowed']").get_by_role("button", name="Remove").first.click()
    page.get_by_text("36 plans to choose from").wait_for()
    page.get_by_role("button", name="Example: registry plan").click()
    page.get_by_text("384 plans to choose from").wait_for()
    page.locator("#cheapest-run").click()
    page.locator("#cheapest-said", has_text="of 9,600 simulated trials").wait_for(timeout=LONG_MS)
    page.locator("#cheapest-cancel").click()
    page.locator("#cheapest-run:not([disabled])").wait_for()
    deadline = time.monotonic() + WAIT_SECONDS
    while server.jobs() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert server.jobs() == 0
    assert page.locator("#cheapest-answer .headline").count() == 0


@pytest.mark.parametrize("name", library_names())
def test_what_one_begins_with_is_right_for_its_scenario(name: str) -> None:
    loaded = load(name)
    text = starter_options(loaded.scenario)
    choices = options_from_text(text, loaded)
    check_plans(choices, Limits())
    assert any(path.endswith(".count") for lever in choices.levers for path in lever.settings[0].changes)
    priced = [s for lever in choices.levers for s in lever.settings if s.cost or s.cost_per_month]
    assert priced
    assert all(s.source is not None and s.source.source == EXAMPLE for s in priced), "a number without a source"


def test_a_starter_says_what_the_scenario_itself_is_made_of() -> None:
    scenario = load("base").scenario
    text = starter_options(scenario)
    for part in ("sites.general_hospital.count", "site_defaults.coordinators", "cells.suites", "8,000 once"):
        assert part in text
    assert "cells.suites" not in starter_options(load("classroom").scenario)


def test_the_form_says_what_the_file_says_and_a_cost_keeps_its_source() -> None:
    """What is typed is written; a cost that is changed has the planner as its source, but where one is named."""
    before = read_options(OPTIONS)
    assert before is not None
    assert read_options(written_options(before)) == before
    as_shown = [Typed(row.name, row.cost, row.per_month) for row in rows_of(before["levers"]["sites"])]
    assert with_rows(before, "sites", as_shown, "") == before
    typed = [*as_shown[:2], Typed("5", 700.0, 30.0), Typed(None, None, None)]
    sites = with_rows(before, "sites", typed, "")["levers"]["sites"]
    own = {"value": 5, "cost": 700.0, "cost_per_month": 30.0, "source": {"grade": "D", "source": PLANNERS}}
    assert sites["values"] == [1, 2, own, 4]
    consent = [Typed(None, 0, 0), Typed(None, 900, 0)]
    kept = with_rows(before, "consent", consent, "assumption")["levers"]["consent"]["settings"]["a nurse explains"]
    assert (kept["cost"], kept["source"]) == (900, {"grade": "D", "source": "assumption"})
    named = with_rows(before, "consent", consent, "a contract")["levers"]["consent"]["settings"]["a nurse explains"]
    assert named["source"] == {"grade": "D", "source": "a contract"}


def test_sites_that_open_on_a_date_are_a_lever_that_is_named_after_what_it_does() -> None:
    loaded = load("base")
    empty = {"name": "more", "levers": {}}
    data = with_lever(empty, loaded, f"{NEW_SITES}general_hospital")
    ((name, rules),) = data["levers"].items()
    assert [*rules["settings"]] == ["none more", "2 general hospitals open in October 2019"]
    typed = [Typed(None, 0, 0), Typed(None, 50, 0, 3, "2020-03-01")]
    text = written_options(with_rows(data, name, typed, ""))
    none, three = options_from_text(text, loaded).levers[0].settings
    assert (none.changes, three.name, three.cost) == ({}, "3 general hospitals open in March 2020", 50)
    (group,) = three.changes.values()
    assert (group["count"], str(group["opens"])) == (3, "2020-03-01")


@pytest.mark.parametrize("name", ["base", "covid-2020"])
def test_every_lever_that_is_offered_can_be_an_option(name: str) -> None:
    loaded = load(name)
    data: dict[str, Any] = {"name": "all", "levers": {}}
    paths = [item["value"] for group in levers_offered(loaded) for item in group["items"]]
    for path in paths[:: max(len(paths) // 8, 1)]:
        data = with_lever(data, loaded, path)
    n = len(data["levers"])
    for key in [*data["levers"]]:
        alone = {**data, "levers": {key: data["levers"][key]}}
        assert options_from_text(written_options(alone), loaded).n_plans >= 1
    assert n > 6


def test_the_chosen_plan_as_levers_is_the_plan() -> None:
    """Values that are mappings, dates and texts are written so that they are read again."""
    options = """name: odd values
levers:
  opens: {path: trial.enrolment_opens, values: [2020-02-01]}
  label: {path: sites.s.label, values: ["a: b # c"]}
  consent: {path: screening.consent, values: [{uncertain: beta, mean: 0.9, n: 40}]}
"""
    loaded = load_text(SCENARIO)
    choices = options_from_text(options, loaded)
    answer = find_plan(Asked(choices, "last_randomised", date(2020, 12, 31), 0.5, None, CONFIDENCE, 96, 1))
    state = planned_state(State(file="0" * 64), answer)
    again = load_text(SCENARIO, state.changes).scenario
    assert canonical(again) == canonical(answer.space.scenario((0, 0, 0)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "limits", "message"),
    [
        ("[1, 2, 3]", Limits(plans=5), "the studio searches at most 5 plans"),
        ("[1, 600]", Limits(), "levers.sites: 600: sites: the studio simulates at most 500 sites in all"),
        ("[1, 300]", Limits(), "levers: the busiest of all plans: sites: the studio simulates at most 500 sites"),
    ],
)
def test_options_may_not_ask_for_more_than_the_studio_simulates(values: str, limits: Limits, message: str) -> None:
    text = SCENARIO.replace("sites: {s:", "sites: {t: {referrals_per_month: 1}, s:")
    options = f"""name: many
levers:
  sites: {{path: sites.s.count, values: {values}}}
  more: {{path: sites.t.count, values: {values if "600" not in values else "[1]"}}}
"""
    with pytest.raises(ScenarioError, match=message):
        check_plans(options_from_text(options, load_text(text)), limits)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish(by="2020-07-31", probability="100"), "probability: must be more than 0 and less than 100"),
        (Wish(by="2020-07-31", probability="most"), "probability: must be a number"),
        (Wish(by="2020-07-31", confidence="0"), "how sure the choice must be: must be more than 0 and less than 100"),
        (Wish(by="2020-07-31", budget="nan"), "budget: must be a number"),
        (Wish(by="2020-07-31", trials="20000"), "the studio simulates at most 10,000 of them"),
        (Wish(by="2020-07-31", trials="48"), "these options need at least 432 simulated trials, not 48"),
        (Wish(by="2020-07-31", milestone="lunch"), "what must be done: there is no such milestone"),
        (Wish(), "date to make: choose one"),
        (Wish(by="31 July"), "date to make: must be a date that exists, as YYYY-MM-DD"),
    ],
)
def test_a_link_with_a_wrong_question_is_refused(wish: Wish, message: str) -> None:
    choices = options_from_text(OPTIONS, load_text(SCENARIO))
    with pytest.raises(UsageError, match=message):
        wish.asked(choices, 1, Limits().replications)
    asked = Wish(by="2020-07-31", probability="70", confidence="99").asked(choices, 1, 10_000)
    assert (asked.probability, asked.confidence) == (0.7, 0.99)
    asked = Wish(by="2020-07-31").asked(choices, 1, 10_000)
    assert (asked.probability, asked.confidence) == (0.8, CONFIDENCE)

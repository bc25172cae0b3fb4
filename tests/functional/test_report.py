"""The report: one page that opens offline, says what the frames say, and cannot be broken by what people wrote."""

from __future__ import annotations

import html
import json
import math
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import call
from conftest import ROOT, scenario_of

import sim.report.run.answers
import sim.report.run.page
from sim.analysis.declared import DECLARED
from sim.analysis.index import EventIndex
from sim.analysis.intervals import Estimate
from sim.analysis.occupancy import PLACES, peak_level, stays
from sim.api.one_trial import stage_of
from sim.errors import InputError, ReplicationFailed
from sim.experiment.execution import ALONE
from sim.experiment.files import write_json
from sim.experiment.run.assemble import FAILURES
from sim.experiment.run.results import Results, open_results
from sim.experiment.run.start import run_in_folder
from sim.report.assumptions import assumption_rows, assumptions_of
from sim.report.html import escaped_json, script_hash
from sim.report.one_trial.page import player_script
from sim.report.run.answers import Answers
from sim.report.run.figures import MAKERS, all_exhibits, all_figures, measured
from sim.report.run.headline import warnings
from sim.report.run.page import SECTIONS, page, write_report
from sim.report.words import chance, estimate_of, mean_with_error
from sim.scenario.load import load, load_scenario
from sim.scenario.schema import Scenario

BASE = ROOT / "scenarios" / "base.yaml"
NASTY = "</script><b>bold</b><script>alert(1)</script>"


@pytest.fixture(scope="module", autouse=True)
def small_plotly() -> Any:
    """A page without the five megabytes of plotly.js, which no test reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.report.run.page, "plotly_script", lambda: "/* plotly.js */")
        yield


def run(scenario: Scenario, path: Path, n: int = 4, **options: Any) -> Results:
    """A run without a report, on this core."""
    return run_in_folder(scenario, replications=n, out=path, **options, execution=ALONE)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    loaded = load(str(BASE))
    rows = assumption_rows(loaded)
    scenario = load_scenario(BASE, ["experiment.keep=5"])
    return run(scenario, tmp_path_factory.mktemp("base") / "run", 40, typed="base", assumptions=rows)


@pytest.fixture(scope="module")
def text(results: Results) -> str:
    return page(results)


class Elements(HTMLParser):
    """Elements of a page with their attributes, in order, and the text of its data scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._script: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._script = str(dict(attrs).get("id", "")) if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.texts[self._script] = self.texts.get(self._script, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._script = None if tag == "script" else self._script

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def figures_in(text: str) -> dict[str, Any]:
    """The figures that a page draws, by name."""
    texts = Elements(text).texts
    return {name.removesuffix("-data"): json.loads(data) for name, data in texts.items() if name.endswith("-data")}


def test_the_page_has_every_section_and_every_figure(text: str) -> None:
    elements = Elements(text)
    ids = [attrs["id"] for _, attrs in elements.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    of_all = {section.name for section in SECTIONS} - {"own"}  # which is of runs with extensions
    assert of_all | {"assumptions", "method"} <= set(ids)
    drawn = {*MAKERS, "cost_months"} - {"causes", "doubts"}  # of a run that is too small for the last two
    assert {f"{name}-plot" for name in drawn} <= set(ids)
    assert set(figures_in(text)) == drawn
    shown = {"causes", "path", "doubts"} | {name for section in SECTIONS for name in section.exhibits}
    tables = {measured.name(section) for section in (measured.OWN, *(entry.section for entry in DECLARED))}
    of_some = {"caps", "amendments", "cost_months", "interims", "countries", "risks", "drift", "start_up", *tables}
    assert shown == {*MAKERS, *of_some}


def test_the_page_loads_nothing_from_elsewhere(text: str) -> None:
    elements = Elements(text)
    for _, attrs in elements.found:
        assert not {"src", "srcset", "data", "poster", "background"} & set(attrs)
        assert str(attrs.get("href", "#")).startswith("#")
    assert not elements.of("link")
    assert not re.search(r"@import|url\(", text)
    policy = next(m["content"] for m in elements.of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy


def test_equal_runs_have_equal_pages(results: Results, text: str, tmp_path: Path) -> None:
    identity = results.identity
    again = run(results.scenario, tmp_path / "again", 40, typed="base", assumptions=identity["assumptions"])
    assert page(again) == text
    name = write_report(open_results(again.path))
    assert (again.path / name).read_text(encoding="utf-8") == text


def test_the_numbers_of_the_page_are_those_of_the_frames(results: Results, text: str) -> None:
    plain = html.unescape(re.sub(r"</?span[^>]*>", "", text))
    answers = Answers(results)
    for _, row in answers.odds.iterrows():
        assert chance(estimate_of(row, "probability")) in plain
    for name in ("last_randomised", "primary_completion", "last_visit", "database_lock"):
        for q in (50, 80):
            assert answers.dates.text(answers.quantile(name, q).value) in plain
    for _, row in results.funnel().iterrows():
        assert mean_with_error(estimate_of(row, "mean")) in plain
    figures = figures_in(text)
    first = dict(zip(figures["criteria"]["data"][0]["y"], figures["criteria"]["data"][0]["x"], strict=True))
    table = results.criteria()
    assert sorted(first.values()) == pytest.approx(sorted(table["first"]), abs=1e-3)
    fan = next(trace for trace in figures["fan"]["data"] if trace.get("name") == "median")
    curve = dict(zip(results.curves["day"], results.curves["p50"], strict=True))
    day_0 = results.design.clock.opens
    for when, n in zip(fan["x"], fan["y"], strict=True):
        assert n == curve[(pd.Timestamp(when).date() - day_0).days]


def test_s_curves_stay_below_100_percent_by_those_that_never_come(tmp_path: Path) -> None:
    scenario = scenario_of(trial={"target": 45, "horizon_months": 15.0})
    results = run(scenario, tmp_path / "run", 60)
    reached = results.replications["reached"].mean()
    assert 0.2 < reached < 0.8
    curves = all_figures(results)["milestones"].data
    last = next(trace for trace in curves if trace.name == "Last participant enrolled")
    assert last.y[-1] == pytest.approx(100 * reached, abs=0.01)
    assert last.x[-1].startswith(str(results.design.clock.date_of(results.design.horizon_days)))
    later = [trace for trace in curves if trace.marker.symbol == "triangle-right-open"]
    assert {q for trace in later for q in trace.y} >= {80, 90}


EMPTY = [
    pytest.param({"sites": {"s": {"count": 1, "referrals_per_month": 0.0}}}, id="nobody is referred"),
    pytest.param({"sites": {"s": {"count": 0, "referrals_per_month": 1.0}}}, id="no sites"),
    pytest.param({"experiment": {"keep": 0}}, id="nothing is kept"),
    pytest.param({"trial": {"horizon_months": 3.0}}, id="never reached"),
    pytest.param({"arms": {"A": {"doses": {"weeks": [0], "cells_per_kg": 1.0}}, "B": {}, "C": {}}}, id="three arms"),
    pytest.param({"trial": {"planned": {"study_completion": "2030-01-01"}}}, id="one planned date"),
]


@pytest.mark.parametrize("changes", EMPTY)
@pytest.mark.parametrize("n", [1, 3])
def test_a_report_with_nothing_to_show_says_so(changes: dict[str, Any], n: int, tmp_path: Path) -> None:
    results = run(scenario_of(**changes), tmp_path / "run", n)
    text = page(results)
    assert not re.search(r"\b(nan|inf|None)\b", re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL))
    for exhibit in all_exhibits(Answers(results)).values():
        assert exhibit.summary
    assert "too few" in text


def test_a_run_in_which_replications_failed_has_no_report(results: Results, tmp_path: Path) -> None:
    copy = run(results.scenario, tmp_path / "run", 40, typed="base")
    frame = copy.replications.copy()
    measured = frame.columns.difference(["replication", "outcome", "reached"])
    frame[measured] = frame[measured].astype(float)
    frame.loc[3, measured] = np.nan
    frame.loc[3, "outcome"] = "error"
    frame.to_parquet(copy.path / "replications.parquet")
    write_json(copy.path / FAILURES, [{"replication": 3, "error": f"ValueError: {NASTY}", "trace": "", "seed": 1}])
    with pytest.raises(ReplicationFailed, match="a simulated trial failed, so there is no answer"):
        page(open_results(copy.path))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of a scenario whose every free text wants to be markup."""
    scenario = scenario_of(
        name=NASTY,
        question=NASTY,
        sites={"s": {"count": 2, "label": NASTY, "referrals_per_month": 30.0}},
        trial={"target": 3},
        sources={"trial": {"grade": "D", "source": f"KEY, {NASTY}", "note": NASTY}},
        bibliography={"KEY": NASTY, "unused": "nobody cites this"},
    )
    path = tmp_path_factory.mktemp("nasty") / "run"
    rows = [{"path": NASTY, "value": NASTY, "layer": NASTY, "origin": NASTY, "source": "KEY", "note": NASTY}]
    return page(run(scenario, path, 2, typed=NASTY, assumptions=rows))


def test_what_people_wrote_cannot_break_the_page(nasty: str) -> None:
    assert NASTY not in nasty
    elements = Elements(nasty)
    scripts = elements.of("script")
    assert all(attrs.get("type") == "application/json" for attrs in scripts[:-2])
    assert "type" not in scripts[-1]
    assert [attrs for tag, attrs in elements.found if tag == "b"] == [{}] * nasty.count("<b>")
    assert "<b>bold" not in nasty
    assert nasty.count("</script>") == nasty.count("<script")


def test_labels_of_figures_are_text_and_not_markup(nasty: str) -> None:
    labels = figures_in(nasty)["sites_one"]["layout"]["yaxis"]["ticktext"]
    assert labels
    assert all(html.unescape(label).count("<b>") == 1 and "<b>" not in label for label in labels)


def test_sources_are_listed_where_something_cites_them(nasty: str) -> None:
    assert "<dt>KEY</dt>" in nasty
    assert "nobody cites this" not in nasty


def test_headings_are_in_order_and_tables_have_headers(text: str) -> None:
    elements = Elements(text)
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(attrs.get("scope") for attrs in elements.of("th"))
    assert len(elements.of("caption")) == len(elements.of("table"))
    assert elements.of("html") == [{"lang": "en"}]
    assert len(elements.of("main")) == 1


def test_commands_name_the_run_and_the_trial_shown(results: Results, text: str) -> None:
    assert "trialclock run base --replications 40 --seed 20191001" in text
    one = results.typical_replication()
    assert f"trialclock trace base --replication {one} --seed 20191001" in text
    assert "trialclock show base" in text


def test_a_trial_is_played_in_a_report_only_if_asked(results: Results, text: str) -> None:
    """It is the typical one, event by event as simulated, and the page lets its script run."""
    assert "data-stage" not in text
    played = page(results, plays=True)
    elements = Elements(played)
    one = results.typical_replication()
    assert one is not None
    assert elements.texts["stage-data"] == escaped_json(stage_of(results.design, results.seed, one).json())
    policy = next(found["content"] or "" for found in elements.of("meta") if found.get("http-equiv"))
    assert f"'sha256-{script_hash(player_script())}'" in policy
    assert len(played) - len(text) < 600_000


def test_a_finished_run_gets_a_report_to_play_when_it_is_asked_for_again(tmp_path: Path) -> None:
    command = ("run", "classroom", "-n", 4, "-w", 1, "--no-causes", "--out", tmp_path / "run")
    report = tmp_path / "run" / "report.html"
    for more, plays in (((), False), (("--play",), True), ((), True)):
        assert call(*command, *more).code == 0
        assert ("data-stage" in report.read_text()) is plays
    assert not Results(tmp_path / "run").damaged_files()


def test_no_path_of_the_folder_is_in_the_page(results: Results, text: str) -> None:
    assert str(results.path) not in text


def test_of_long_trials_only_some_are_read_and_the_page_says_so(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim.report.run.answers, "_MOST_EVENTS", 2.5 * results.n_events() / 5)
    kept = Answers(results).kept
    assert kept.numbers == [0, 1]
    assert set(kept.events["replication"]) == {0, 1, results.typical_replication()}
    assert kept.which == "the first 2 of the 5 simulated trials kept whole"
    assert kept.which in page(results)


def test_of_many_sites_those_that_randomise_most_are_drawn(tmp_path: Path) -> None:
    sites = {
        "busy": {"count": 10, "referrals_per_month": 20.0},
        "a_quiet": {"count": 60, "referrals_per_month": 0.01},
    }
    results = run(scenario_of(sites=sites, trial={"target": 200}), tmp_path / "run", 2)
    figures = all_figures(results)
    labels = figures["sites_all"].data[0].y
    assert len(labels) == len(figures["sites_one"].layout.yaxis.ticktext) == 40
    assert sum(label.startswith("busy") for label in labels) == 10


def test_dates_beyond_the_horizon_read_as_such(results: Results) -> None:
    dates = Answers(results).dates
    assert dates.by(Estimate(700.0, 690.0, math.inf)) == "by 2021-08-31 (-10 d/never)"
    assert dates.by(Estimate(math.inf, 700.0, math.inf)) == "only after 2034-09-30 (from 2021-08-31)"
    assert dates.by(Estimate(math.inf, math.inf, math.inf)) == "only after 2034-09-30"


def test_a_treatment_that_nobody_gets_is_said_first(tmp_path: Path) -> None:
    """Made to order without a culture suite: recruitment goes on, and no dose ever comes due."""
    none = load("cells-made-to-order", ["cells.suites=0", "trial.target=4"]).scenario
    some = load("cells-made-to-order", ["trial.target=4"]).scenario
    for scenario, n in ((none, 1), (some, 0)):
        results = run(scenario, tmp_path / str(n), 40)
        assert sum("no dose is given" in text for text in warnings(results, [])) == n


# --- occupancy


def test_stays_are_those_of_the_log(results: Results) -> None:
    index = EventIndex(results.replay(1))
    of_log = {
        "waiting_for_coordinator": index.waits_for_coordinator(),
        "being_screened": index.screenings(),
        "waiting_for_place": index.waits_for_place(),
        "in_bay": index.infusions(),
    }
    n_found = 0
    for name, place in PLACES.items():
        found = stays(results.events, place)
        found = found[found["replication"] == 1].sort_values(["start", "end"])[["start", "end"]].to_numpy()
        expected = of_log[name][np.lexsort((of_log[name][:, 1], of_log[name][:, 0]))]
        assert found == pytest.approx(expected)
        n_found += len(found)
    assert n_found > 50


def test_never_more_in_bays_than_there_are(results: Results) -> None:
    found = stays(results.events, PLACES["in_bay"])
    for _, rows in found.groupby("replication"):
        assert peak_level(rows, np.array([-math.inf, math.inf]))[0] <= 3


def test_a_run_from_python_still_shows_its_values(tmp_path: Path) -> None:
    results = run(scenario_of(sources={"trial.target": {"grade": "A", "source": "a record"}}), tmp_path / "run", 2)
    target = next(row for row in assumptions_of(results) if row.path == "trial.target")
    assert (target.value, target.grade, target.source, target.layer) == ("45", "A", "a record", "unknown")
    assert "sim.run(scenario, replications=2" in page(results)


def test_assumptions_and_what_was_typed_decide_no_result(tmp_path: Path) -> None:
    first = run(scenario_of(), tmp_path / "run", 2, typed="a", assumptions=[{"path": "x"}])
    assert run(scenario_of(), tmp_path / "run", 2).path == first.path
    with pytest.raises(InputError):
        run(scenario_of(), tmp_path / "run", 3)

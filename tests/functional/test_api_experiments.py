"""Experiments in a notebook: `sim.compare` and the others give what the commands give, print nothing, can be stopped.

The commands' own tests show that what is computed is right.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from command_line import call
from conftest import POISSON, merged

import sim
from sim.analysis.summary import with_dates
from sim.core.clock import Clock
from sim.errors import InputError

N = 96
ASSUMED = {"grade": "D", "source": "assumption"}
OPTIONS: dict[str, Any] = {
    "name": "Ways",
    "currency": "USD",
    "levers": {"sites": {"path": "sites.s.count", "values": [1, {"value": 2, "cost": 900.0, "source": ASSUMED}]}},
}
RATE = {"uncertain": "lognormal", "median": 4.0, "sigma": 0.4}
SMALL: dict[str, Any] = merged(
    POISSON,
    {
        "name": "small",
        "trial": {"target": 8, "planned": {"primary_completion": "2020-06-01"}},
        "sites": {"s": {"referrals_per_month": RATE, "activation_delay_days": 20}},
        "costs": {"currency": "USD", "site_month": 100.0},
    },
)
Call = Callable[..., Any]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sim.Scenario:
    """A scenario as an object, and the same as `small.yaml` in the working folder, beside its options."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(yaml.safe_dump(SMALL))
    Path("ways.yaml").write_text(yaml.safe_dump(OPTIONS))
    return sim.load_scenario("small.yaml")


def contents(folder: Path, *left_out: str) -> dict[str, bytes]:
    """The data files of a folder; JSON and pages also say how the scenario was typed."""
    names = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".parquet"))
    return {path.name: path.read_bytes() for path in names if path.name not in left_out}


def ask(name: str, scenario: Any, **more: Any) -> Any:
    """One of the four questions, small."""
    more = {"workers": 1, "report": False} | more
    if name == "compare":
        other = sim.load_scenario("small.yaml", ["sites.s.count=2"])
        return sim.compare(scenario, other, labels=["one", "two"], replications=N, **more)
    if name == "sweep":
        return sim.sweep(scenario, {"sites.s.count": [1, 2]}, replications=N, **more)
    if name == "explain":
        return sim.explain(scenario, replications=N, milestone="last_randomised", **more)
    return sim.plan(scenario, OPTIONS, date(2020, 6, 1), milestone="last_randomised", replications=480, **more)


COMMANDS = {
    "compare": ("small.yaml", "small.yaml", "--set", "2:sites.s.count=2", "-n", N),
    "sweep": ("small.yaml", "--vary", "sites.s.count=1,2", "-n", N),
    "explain": ("small.yaml", "--milestone", "last_randomised", "-n", N),
    "plan": ("small.yaml", "--options", "ways.yaml", "--by", "2020-06-01", "--milestone", "last_randomised", "-n", 480),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_call_gives_what_the_command_gives(
    name: str, small: sim.Scenario, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """From a scenario as an object as from its file, the same data; the call prints nothing and says where they are."""
    answer = ask(name, small, out=tmp_path / "api")
    assert capsys.readouterr() == ("", "")
    assert answer.folder == tmp_path / "api"
    assert call(name, *COMMANDS[name], "-w", 1, "--no-report", "--out", tmp_path / "command").code == 0
    assert not list((tmp_path / "command").glob("*.html"))
    found = contents(tmp_path / "api", "pairs.parquet")
    assert len(found) >= 1
    if name == "compare":  # whose labels were given
        found = {file: data.replace(b"two,", b'"small, s.count=2",') for file, data in found.items()}
    assert found == contents(tmp_path / "command", "pairs.parquet")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_answer_has_sentences_and_figures(name: str, small: sim.Scenario) -> None:
    """The sentences are the command's first, the figures those of the page; its name alone says what it is."""
    more = {"milestone": "last_randomised"} if name == "explain" else {}
    answer = ask(name, small)
    told, figures = sim.sentences(answer, **more), sim.figures(answer, **more)
    printed = " ".join(call(name, *COMMANDS[name], "-w", 1, "--no-report").out.split())
    first = told[0].replace("two is", "small, s.count=2 is")
    assert first in printed
    assert figures
    assert all(len(figure.data) for figure in figures.values())
    lines = repr(answer).splitlines()
    assert 2 < len(lines) < 8
    assert "simulated trials, seed" in lines[0]
    assert lines[0].endswith(f", in {answer.folder.as_posix()}")
    assert any("(" in line and " to " in line for line in lines[1:])


def test_a_run_has_sentences_too(small: sim.Scenario) -> None:
    results = sim.run(small, replications=N, workers=1, report=False)
    assert "participants is enrolled by" in sim.sentences(results)[0]
    last = results.milestones().loc["last_randomised"]
    assert last["p50_date"] == results.design.clock.date_of(last["p50"])
    assert last["p50_date_low"] <= last["p50_date"] <= last["p50_date_high"]
    assert f"last participant enrolled, by then in half of them: {last['p50_date']} (95 %" in repr(results)
    assert "primary completion by 2020-06-01: " in repr(results)
    assert "fan" in sim.figures(results)


def test_a_name_in_a_notebook_is_text_and_what_cannot_be_read_says_why(small: sim.Scenario, tmp_path: Path) -> None:
    """Nothing that a scenario is called is markup, and showing an answer never fails."""
    named = sim.scenario_from_mapping(SMALL | {"name": "<script>x</script>"})
    results = sim.run(named, replications=8, workers=1, report=False, out=tmp_path / "r")
    assert "&lt;script&gt;" in results._repr_html_()
    assert "<script>" not in results._repr_html_()
    (tmp_path / "r" / "replications.parquet").unlink()
    assert "there is no such file" in repr(sim.Results(tmp_path / "r"))
    assert repr(sim.Results("nowhere")) == "nowhere: there is no such results folder"


def test_a_date_is_none_where_the_day_is_never_or_not_known() -> None:
    """Later than the horizon, or too few replications to say."""
    days = pd.DataFrame({"p90": [1.5, float("inf")], "p90_low": [None, 0.0], "p90_high": [2.0, float("inf")]})
    found = with_dates(days, Clock(date(2020, 1, 1)))
    assert list(found.columns) == [*days.columns, "p90_date", "p90_date_low", "p90_date_high"]
    assert found["p90_date"].tolist() == [date(2020, 1, 2), None]
    assert found["p90_date_low"].tolist() == [None, date(2020, 1, 1)]


def stop_at(n: int) -> Callable[[int, int], None]:
    def progress(done: int, _total: int) -> None:
        if done >= n:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("name", COMMANDS)
def test_a_callback_stops_a_call_in_any_thread(name: str, small: sim.Scenario, tmp_path: Path) -> None:
    """What is finished is kept, and the next call goes on from there to the same data."""
    ended: list[BaseException] = []

    def work() -> None:
        try:
            ask(name, small, out=tmp_path / "stopped", progress=stop_at(N))
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [type(error) for error in ended] == [sim.RunInterrupted]
    seen: list[int] = []
    ask(name, small, out=tmp_path / "stopped", progress=lambda done, _total: seen.append(done))
    assert any(done >= 48 for done in seen[:3]), "what was finished is simulated again"
    ask(name, small, out=tmp_path / "whole")
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_scenarios_results_and_folders_are_compared_alike(small: sim.Scenario, tmp_path: Path) -> None:
    """An object, results of it, and the folder of those results are one and the same."""
    results = sim.run(small, replications=N, workers=1, report=False, out=tmp_path / "run")
    compared = sim.compare(small, results, workers=1, report=False)
    assert compared.comparison.pairs[0].is_identical()
    folder = sim.compare(small, str(results.path), workers=1, report=False)
    assert folder.tables["quantiles"].equals(compared.tables["quantiles"])


def test_runs_are_listed_exported_extended_and_resumed(small: sim.Scenario, tmp_path: Path) -> None:
    with pytest.raises(sim.RunInterrupted):
        sim.run(small, replications=4 * N, workers=1, report=False, out="results/long", progress=stop_at(N))
    short = sim.run(small, replications=N, workers=1, report=False, out="results/short")
    listed = sim.runs()
    assert listed.loc["long", "status"] == "unfinished"
    assert listed.loc["short", "replications"] == N
    median = short.design.clock.date_of(short.milestones().loc["last_randomised", "p50"])
    assert listed.loc["short", "last_randomised_p50"] == median
    assert sim.runs(scenario="nothing so called").empty
    long = sim.resume("results/long", workers=1, report=False)
    more = sim.extend(short.path, 4 * N, workers=1, report=False)
    assert more.replications.equals(long.replications)
    assert sim.export([more, long.path], tmp_path / "all.csv") == 8 * N
    assert (tmp_path / "all.csv").read_text().count("\n") == 8 * N + 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda s: sim.compare(s), "a comparison needs two scenarios or more"),
        (lambda s: sim.compare(s, s, labels=["one"]), "there are 2 scenarios and 1 labels"),
        (lambda s: sim.compare(s, "bse"), "did you mean 'base'?"),
        (lambda s: sim.sweep(s, {"sites.s.cont": [1, 2]}), "did you mean 'sites.s.count'?"),
        (lambda s: sim.sweep(s, {"sites.s.count": [1, "two"]}), "must be a whole number (got 'two')"),
        (lambda s: sim.explain(s, milestone="last_randomized"), "did you mean 'last_randomised'?"),
        (lambda s: sim.plan(s, OPTIONS, "soon"), "by: must be a date that exists, as YYYY-MM-DD (got soon)"),
        (lambda s: sim.plan(s, {"name": "Ways", "levers": {}}, "2020-06-01"), "options: levers: needs 1 or more"),
        (lambda s: sim.run(s, cluster="tcp:/nowhere"), "--cluster: "),
        (lambda _: sim.runs("nowhere"), "nowhere: there is no such folder"),
    ],
)
def test_bad_input_is_one_message(asked: Call, message: str, small: sim.Scenario) -> None:
    with pytest.raises(InputError) as caught:
        asked(small)
    assert message in str(caught.value)

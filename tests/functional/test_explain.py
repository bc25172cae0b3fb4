"""`explain`: days lost to causes, tornado and critical path on trials whose answer is known; and the command."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from conftest import scenario_of

from sim.analysis.measures import PATH_MILESTONES, STEPS, path_name
from sim.cli import main
from sim.core.quantiles import quantile
from sim.core.streams import Streams
from sim.core.unknowns import PURPOSE, uncertain_values
from sim.errors import ResultsError, RunInterrupted, UsageError
from sim.experiment import laboratory
from sim.experiment.answer_folder import AnswerFolder
from sim.experiment.execution import Execution
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.explanation.study import Explanation, Sketch, Study, explain
from sim.experiment.laboratory import PART, Laboratory, Request, Variant
from sim.report.explanation.figures import assumptions
from sim.report.explanation.words import Told, document
from sim.report.input_names import fraction
from sim.scenario.schema import Scenario

N = 96
DELAY, RAMP, START, FACTOR = 40.0, 100.0, 0.25, 0.5
RATE = "sites.s.referrals_per_month"


def clockwork() -> Scenario:
    """One site whose losses are known to the day: start-up, ramp-up, and a month at half speed."""
    return scenario_of(
        trial={"target": 20, "horizon_months": 240},
        sites={
            "s": {
                "referrals_per_month": {"uncertain": "lognormal", "median": 3.0, "sigma": 0.6},
                "activation_delay_days": DELAY,
                "ramp_up": {"start_fraction": START, "days": RAMP},
            }
        },
        calendar={"periods": {"slow": {"from": "2020-02-20", "to": "2020-03-10", "factor": FACTOR}}},
        costs={"currency": "USD", "screening": 700.0},
    )


@pytest.fixture(scope="module")
def explained() -> Explanation:
    return explain(Study(clockwork(), N, seed=3))


def test_an_example_costs_less_than_the_smallest_answer_and_is_none(explained: Explanation) -> None:
    """Its differences have intervals; a question keeps its own minimum."""
    found = explain(Sketch(clockwork(), Sketch.fewest, seed=3))
    assert found.n_trials < 0.6 * explained.n_trials
    assert lost(found, "ramp_up")[["lost_low", "lost_high"]].notna().all()
    with pytest.raises(UsageError, match="at least 96"):
        Study(clockwork(), Sketch.fewest, seed=3)


def lost(explained: Explanation, cause: str, outcome: str = "last_randomised") -> pd.Series:
    rows = explained.causes.set_index(["outcome", "cause"])
    found = rows.loc[(outcome, cause)]
    assert isinstance(found, pd.Series)
    return found


def test_days_lost_to_start_up_are_the_delay(explained: Explanation) -> None:
    """A site that opens 40 days later, with its ramp-up, is 40 days later with everything; the slow weeks come then."""
    row = lost(explained, "start_up")
    assert row["n_changed"] == row["n"] == N // 2
    assert row["lost"] == pytest.approx(DELAY, abs=8.0)  # the slow weeks fall on another part of the ramp
    without_calendar = scenario_of(
        trial={"target": 20, "horizon_months": 240},
        sites={"s": {"referrals_per_month": 3.0, "activation_delay_days": DELAY}},
    )
    exact = explain(Study(without_calendar, N, seed=3))
    row = lost(exact, "start_up")
    assert row["lost"] == pytest.approx(DELAY, abs=1e-6)
    assert row["lost_high"] - row["lost_low"] < 1e-6, "exactly so in every trial"


def test_the_tornado_is_the_ratio_of_the_rates() -> None:
    """Where nothing but the rate decides, a fixed rate stretches every trial by the ratio of the two rates."""
    scenario = scenario_of(sites={"s": {"referrals_per_month": {"uncertain": "gamma", "mean": 3.0, "cv": 0.3}}})
    found = explain(Study(scenario, N, seed=4))
    family = uncertain_values(scenario)[RATE]
    rates = quantile(family)(Streams(4).trial(PURPOSE, RATE, 0, N // 2))
    days = found.base["day_last_randomised"][: N // 2]
    row = found.tornado.set_index(["outcome", "input"]).loc[("last_randomised", RATE)]
    for end, p in (("low", 0.1), ("high", 0.9)):
        rate = quantile(family)(np.array([p])).item()
        assert row[f"at_{end}"] == rate
        assert row[end] == pytest.approx(np.mean(days * rates / rate - days), rel=1e-6)
    assert row["low"] > 0 > row["high"]
    assert row["swing"] == pytest.approx(row["high"] - row["low"])


def test_the_largest_swing_comes_first(explained: Explanation) -> None:
    """Rows of an outcome are in order of size."""
    for _, rows in explained.tornado.groupby("outcome"):
        assert rows["swing"].abs().is_monotonic_decreasing


@pytest.mark.parametrize(("value", "low", "high"), [(5.0, -3.0, 13.0), (-5.0, -13.0, 3.0)])
def test_a_swing_that_may_be_0_keeps_its_whole_interval(value: float, low: float, high: float) -> None:
    """Half the width of an interval of 16 days is 8 days, on whichever side of 0 the swing is."""
    row = {"outcome": "last_randomised", "input": RATE, "at_low": 1.0, "at_high": 2.0}
    row |= {"swing": value, "swing_low": low, "swing_high": high}
    found = SimpleNamespace(study=SimpleNamespace(scenario=clockwork()), tornado=pd.DataFrame([row]))
    assert "the mean changes by 5 ±8 days" in Told(found, "last_randomised")._swing()


def test_steps_of_the_critical_path_are_the_whole_way(base: Scenario) -> None:
    """In every trial of the base scenario the days of the steps to a milestone sum to its day."""
    with Laboratory(9, None) as laboratory:
        variant = Variant(base, critical=True)
        rows = variant.by_name(laboratory.run([Request(variant, 0, PART)])[0])
    for name in PATH_MILESTONES:
        days = rows[f"day_{name}"]
        steps = sum(rows[path_name(name, step)] for step in STEPS)
        assert np.array_equal(np.isnan(days), np.isnan(steps))
        assert np.allclose(days, steps, equal_nan=True, atol=1e-6), name
    assert np.nanmax(rows[path_name("last_randomised", "cells")]) > 0
    participants, n = rows["critical_last_randomised_participant"], rows["n_randomised"]
    assert np.array_equal(participants[~np.isnan(participants)], n[~np.isnan(participants)])


def test_one_site_is_critical_for_everything() -> None:
    """With one site it is critical in all trials; of two, exactly one is in each, and the faster more often."""
    two = scenario_of(sites={"fast": {"referrals_per_month": 8.0}, "slow": {"referrals_per_month": 2.0}})
    found = explain(Study(two, 192, seed=5)).sites.set_index(["outcome", "site"])
    for outcome in ("first_site_active", "first_referral", "last_randomised", "database_lock"):
        rows = found.loc[outcome]
        assert rows["n_critical"].sum() == rows["n"].iloc[0] == 384
    last = found.loc["last_randomised"]
    assert last.loc["fast", "share_low"] < 0.8 < last.loc["fast", "share_high"], "8 of 10 referrals are there"


def test_the_last_participant_is_critical_where_nothing_comes_after() -> None:
    """Without follow-up every later milestone is the last randomisation, and no earlier one but the site's is."""
    found = explain(Study(scenario_of(), N, seed=5)).milestones.set_index(["outcome", "milestone"])["share"]
    assert found["database_lock", "last_randomised"] == 1.0
    assert found["database_lock", "first_site_active"] == 1.0
    assert found["last_randomised", "randomised_50pct"] == 0.0


def test_workers_and_kept_parts_change_nothing(explained: Explanation, tmp_path: Path) -> None:
    """Two processes, and parts read from the folder, give the same numbers; the second time nothing is simulated."""
    again = explain(Study(clockwork(), N, seed=3), kept=tmp_path / "chunks", execution=Execution(workers=2))
    read = explain(Study(clockwork(), N, seed=3), kept=tmp_path / "chunks")
    for other in (again, read):
        assert document(other, "last_randomised", "x") == document(explained, "last_randomised", "x")
    assert explained.n_trials == read.n_trials


def test_a_stopped_study_goes_on_where_it_was(tmp_path: Path) -> None:
    """After Ctrl-C the parts that were finished are kept, and only the others are simulated."""
    study, kept = Study(clockwork(), N, seed=3), tmp_path / "chunks"

    def stop(done: int, total: int) -> None:
        if done >= total / 2:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted, match="same command again to continue"):
        explain(study, kept, Execution(workers=1, progress=stop))
    before = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert before
    explain(study, kept)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(kept.iterdir())) > len(before)


def test_a_changed_part_is_simulated_again(tmp_path: Path) -> None:
    """A kept part whose bytes were changed is not believed."""
    variant = Variant(clockwork())
    with Laboratory(3, tmp_path) as laboratory:
        (first,) = laboratory.run([Request(variant, 0, 8)])
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[-200] ^= 1
    path.write_bytes(data)
    with Laboratory(3, tmp_path) as laboratory:
        (second,) = laboratory.run([Request(variant, 0, 8)])
    assert np.array_equal(first, second, equal_nan=True)


def test_parts_are_the_same_however_many_are_simulated_in_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one, four at a time, and where one is there already: equal files, for which no disk is waited for."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: pytest.fail("waits for the disk"))
    monkeypatch.setattr("sim.experiment.laboratory.PART", 4)
    simulated = mock.Mock(side_effect=laboratory._simulate)
    monkeypatch.setattr("sim.experiment.laboratory._simulate", simulated)
    request = Request(Variant(clockwork()), 2, 34, {RATE: np.linspace(0.01, 0.99, 34)}, sites_of=50)
    kept = {}
    for name, jobs_each, before in (("one by one", 100, []), ("four", 1, []), ("some", 1, [request.cut(8, 12)])):
        monkeypatch.setattr("sim.experiment.laboratory._JOBS_EACH", jobs_each)
        simulated.reset_mock()
        with Laboratory(3, tmp_path / name) as made:
            made.run(before)
            values = made.run([request])[0]
        n_calls = simulated.call_count
        kept[name] = n_calls, values.tobytes(), {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    assert [n_calls for n_calls, *_ in kept.values()] == [9, 3, 4]
    assert kept["one by one"][1:] == kept["four"][1:] == kept["some"][1:]
    assert len(kept["four"][2]) == 9


def test_a_folder_of_another_study_is_refused(tmp_path: Path) -> None:
    """A folder with other files, or of another question, is not written to."""
    folder = tmp_path / "f"
    with AnswerFolder(folder, {"kind": "explain", "seed": 1}).held():
        pass
    with pytest.raises(ResultsError, match="another seed"), AnswerFolder(folder, {"kind": "explain", "seed": 2}).held():
        pass
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "letter.txt").write_text("mine")
    with pytest.raises(ResultsError, match=r"letter\.txt"), AnswerFolder(tmp_path / "g", {"kind": "explain"}).held():
        pass


def test_sentences_say_what_the_tables_say(explained: Explanation) -> None:
    """The main unknown by name with its share, the largest causes with their errors, and the date."""
    text = " ".join(Told(explained, "last_randomised").sentences())
    assert "referrals per month, s" in text
    assert "start-up of the sites" in text
    row = explained.shares.set_index(["outcome", "input"]).loc[("last_randomised", RATE)]
    assert f"{100 * row['first']:.0f} %" in text
    cost = " ".join(Told(explained, "cost").sentences())
    assert "USD" in cost
    assert "no spread to explain" in cost, "20 screenings cost the same in every trial"


def test_without_uncertain_values_all_is_chance() -> None:
    """A scenario with nothing uncertain says so, and has no tornado."""
    found = explain(Study(scenario_of(), N, seed=5))
    assert found.tornado.empty
    text = " ".join(Told(found, "last_randomised").sentences())
    assert "Nothing in this scenario is written as `uncertain`" in text
    assert "the causes that cost most days are having one site only" in text


def test_trials_that_never_get_there_are_counted() -> None:
    """In differences a trial that never gets there counts as the horizon; such trials are counted, and rank last."""
    scenario = scenario_of(
        trial={"target": 20, "horizon_months": 9},
        sites={
            "s": {"referrals_per_month": {"uncertain": "lognormal", "median": 2.5, "sigma": 0.4}, "never_enrols": 0.1}
        },
    )
    found = explain(Study(scenario, N, seed=6))
    row = lost(found, "never_enrols")
    never = np.isnan(found.base["day_last_randomised"])
    assert row["n_never"] == never[: N // 2].sum() > row["n_never_without"]
    without = causes_of_delay(scenario)
    with Laboratory(6, None) as laboratory:
        variant = Variant(next(cause.scenario for cause in without if cause.name == "never_enrols"))
        days = variant.by_name(laboratory.run([Request(variant, 0, N // 2)])[0])["day_last_randomised"]
    horizon = found.design.horizon_days
    gained = [np.where(np.isnan(x), horizon, x) for x in (found.base["day_last_randomised"][: N // 2], days)]
    assert row["lost"] == pytest.approx(np.mean(gained[0] - gained[1]))
    assert row["lost"] > 0
    totals = found.totals.set_index("outcome").loc["last_randomised"]
    assert totals["n_never"] == never.sum()
    assert f"In {never.sum()} of {2 * N} trials it never comes" in " ".join(Told(found, "last_randomised").sentences())


@pytest.mark.parametrize(
    ("share", "words"), [(0.66, "two thirds"), (0.52, "half"), (0.24, "a quarter"), (0.02, "little"), (0.97, "all")]
)
def test_shares_in_words(share: float, words: str) -> None:
    """A share is told as the nearest common fraction."""
    assert fraction(share) == words


def test_too_few_replications_are_refused() -> None:
    """Shares of variance need some trials."""
    with pytest.raises(UsageError, match="at least"):
        Study(clockwork(), 20, seed=1)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints JSON alone, leaves tables, JSON and a page, and gives the same bytes again."""
    file = tmp_path / "small.yaml"
    file.write_text(
        "name: Small\ntrial: {target: 6, enrolment_opens: 2020-01-01}\narms: {A: {}}\n"
        "sites: {s: {referrals_per_month: {uncertain: gamma, mean: 3, cv: 0.5}, activation_delay_days: 20}}\n"
    )
    out = tmp_path / "out"
    command = ["explain", str(file), "-n", str(N), "--milestone", "last_randomised", "--out", str(out)]
    assert main([*command, "--json", "--workers", "1"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["outcome"] == "last_randomised"
    assert answer["tables"]["tornado"][0]["input"] == RATE
    names = {
        "shares.csv",
        "tornado.csv",
        "causes.csv",
        "sites.csv",
        "assumptions.csv",
        "explanation.json",
        "explain.html",
    }
    assert names | {"manifest.json"} <= {path.name for path in out.iterdir()}
    page = (out / "explain.html").read_text(encoding="utf-8")
    assert answer["answer"][1] in re.sub("<[^>]+>", "", page)
    outside = re.sub("<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!#)', outside), "it opens offline"
    first = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file() and path.name != "manifest.json"}
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "referrals per month, s" in text
    assert "Files:" in text
    assert first == {name: (out / name).read_bytes() for name in first}


def test_a_milestone_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """One line with the nearest name, and exit code 2."""
    assert main(["explain", "base", "--milestone", "database_lok"]) == 2
    assert "did you mean 'database_lock'?" in capsys.readouterr().err


def test_what_no_trial_reaches_is_not_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no trial gets there, it says so; a cost that there is not cannot be asked for."""
    file = tmp_path / "never.yaml"
    file.write_text(
        "name: Never\ntrial: {target: 500, enrolment_opens: 2026-01-01, horizon_months: 6}\narms: {A: {}}\n"
        "sites: {s: {referrals_per_month: {uncertain: gamma, mean: 3, cv: 0.5}}}\n"
    )
    command = ["explain", str(file), "-n", str(N), "--out", str(tmp_path / "out")]
    assert main([*command, "--milestone", "last_randomised"]) == 0
    assert "In none of the simulated trials does the last enrolment come by 2026-07-02" in capsys.readouterr().out
    assert main([*command, "--milestone", "cost"]) == 2
    assert "the scenario has no costs" in capsys.readouterr().err


def test_assumptions_of_grade_d_have_their_days(tmp_path: Path) -> None:
    """Half of a delay of 20 days brings every milestone 10 days sooner, twice as much makes it 20 days later; what
    nothing hangs on has its row and is not named; what has another grade is not looked at.
    """
    scenario = scenario_of(
        trial={"target": 10, "horizon_months": 240},
        site_defaults={"lead_days": 0.0, "activation_delay_days": 20.0},
        screening={"consent": 0.5, "patience_days": 30.0},
        sources={
            "site_defaults.activation_delay_days": {"grade": "D", "source": "s"},
            "screening.patience_days": {"grade": "D", "source": "s"},
            "screening.consent": {"grade": "B", "source": "s"},
        },
    )
    found = explain(Study(scenario, N, seed=3))
    table = found.assumptions.set_index(["outcome", "path"])
    for outcome in ("first_site_active", "first_randomised", "last_randomised"):
        row = table.loc[(outcome, "site_defaults.activation_delay_days")]
        assert (row["lower"], row["higher"]) == (pytest.approx(-10.0, abs=1e-6), pytest.approx(20.0, abs=1e-6))
        assert row["n"] == N // 4, "half of the pairs of a cause"
    assert table.loc[("last_randomised", "screening.patience_days"), ["lower", "higher"]].tolist() == [0.0, 0.0]
    assert set(found.assumptions["path"]) == {"site_defaults.activation_delay_days", "screening.patience_days"}
    told = Told(found, "last_randomised")
    (sentence,) = [text for text in told.sentences() if "grade D" in text]
    assert "time from start-up to activation" in sentence
    assert "half: -10.0 ±0.0 days, twice: +20.0 ±0.0 days" in sentence
    assert "coordinator" not in sentence
    exhibit = assumptions(told)
    assert exhibit.table is not None
    assert [row[0] for row in exhibit.table.rows] == [
        "time from start-up to activation", "longest wait for a coordinator"
    ]  # fmt: skip
    none = explain(Study(scenario_of(), N, seed=3))
    assert none.assumptions.empty
    assert any("No value of this scenario has grade D" in text for text in Told(none).sentences())

"""Why, on the first screen: days lost are those of the counterfactual, and no two places say different things."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import scenario_of

from sim.cli import main
from sim.errors import RunInterrupted
from sim.experiment.execution import ALONE, Execution
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.explanation.doubts import doubts_of
from sim.experiment.explanation.study import Study, explain
from sim.experiment.laboratory import Laboratory, Request, Variant
from sim.experiment.run import days_lost
from sim.experiment.run.days_lost import FEWEST, LEADERS, MOST, SHARE, SMALL_TRIAL, first_pairs, more_pairs
from sim.experiment.run.execute import Outputs
from sim.experiment.run.folder import CAUSES, MANIFEST, PAIRS
from sim.experiment.run.results import Results, open_results
from sim.experiment.run.start import run_in_folder
from sim.report.run.answers import Answers
from sim.report.run.document import answer
from sim.report.run.figures import exhibit
from sim.report.run.first_screen import cards
from sim.report.run.page import page
from sim.report.run.why import Why
from sim.scenario.schema import Scenario

N = 96
LATE = {"activation_delay_days": {"dist": "triangular", "low": 20, "mode": 60, "high": 140}}
FOLLOW_UP = {"visit_weeks": [4, 12], "primary_endpoint_week": 12, "database_lock_days": 30}
UNLIKE: dict[str, dict[str, object]] = {
    "one site, five days of screening": {
        "trial": {"target": 20},
        "sites": {"s": {"referrals_per_month": 8.0}},
        "screening": {"consent": 0.7, "days": 5.0},
        "follow_up": FOLLOW_UP,
    },
    "many sites, one coordinator each, a window": {
        "trial": {"target": 30, "overrun": "randomise"},
        "site_defaults": {"coordinators": 1, "ramp_up": {"start_fraction": 0.5, "days": 90}},
        "sites": {"a": {"count": 8, "referrals_per_month": 3.0, **LATE}, "b": {"count": 4, "referrals_per_month": 2.0}},
        "screening": {"days": {"dist": "triangular", "low": 7, "mode": 14, "high": 28}, "window_days": 28},
    },
    "clinics that open late": {"sites": {"a": {"count": 5, "referrals_per_month": 4.0, **LATE}}},
    "a slow season": {"calendar": {"periods": {"slow": {"from": "2020-02-01", "to": "2020-05-31", "factor": 0.3}}}},
    "screen failure": {
        "patients": {"conditions": {"fails": 0.5}},
        "screening": {"criteria": {"tests": {"stage": "tests", "none": ["fails"]}}},
    },
    "places that close": {
        "trial": {"target": 10},
        "sites": {"a": {"count": 3, "referrals_per_month": 4.0, "max_participants": 4}},
    },
    "reached in few": {
        "trial": {"target": 12, "horizon_months": 4},
        "sites": {"a": {"count": 2, "referrals_per_month": 1.2, "never_enrols": 0.3}},
    },
    "reached in none": {"trial": {"target": 200, "horizon_months": 6}},
}


def measured(name: str, folder: Path, n: int = N) -> Results:
    return run_in_folder(
        scenario_of(**UNLIKE[name]),
        replications=n,
        out=folder / "run",
        execution=ALONE,
        outputs=Outputs(causes=True),
    )


@pytest.fixture(scope="module", params=list(UNLIKE))
def unlike(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return measured(request.param, tmp_path_factory.mktemp("unlike"))


def _counterfactual(scenario: Scenario, seed: int, cause: str, milestone: str, n: int) -> np.ndarray:
    """Day of a milestone without a cause, simulated here and now; the horizon for never."""
    without = next(found.scenario for found in causes_of_delay(scenario) if found.name == cause)
    with Laboratory(seed, None) as laboratory:
        variant = Variant(without)
        days = variant.by_name(laboratory.run([Request(variant, 0, n)])[0])[f"day_{milestone}"]
    return np.where(np.isnan(days), scenario.trial.horizon_months * 30.4375, days)


def test_the_first_screen_says_what_the_counterfactual_says(unlike: Results) -> None:
    """Each cause's days are the mean paired difference to the run's own trials, and they are told in that order."""
    why = Why(unlike)
    assert why.causes is not None
    days = unlike.replications[f"day_{why.milestone}"].fillna(unlike.design.horizon_days).to_numpy()
    told = [*why.told(), *why.reversed(), *why.untold(), *why.nothing()]
    assert len(told) == len(why.causes)
    for row in [*why.told()[:2], *why.untold()[:1]]:
        without = _counterfactual(unlike.scenario, unlike.seed, row["cause"], why.milestone, row["n"])
        assert row["lost"] == pytest.approx(np.mean(days[: row["n"]] - without), abs=1e-6)
    lost = [row["lost"] for row in why.told()]
    assert lost == sorted(lost, reverse=True)
    for row in why.told()[:3]:
        assert str(row["label"]) in why.sentence()
    for row in [*why.untold(), *why.nothing()]:
        assert str(row["label"]) not in why.sentence()
    _every_place_says_the_same(unlike)


def _every_place_says_the_same(unlike: Results) -> None:
    """JSON, figure and table have the same causes, days, dates and odds."""
    why, document = Why(unlike), answer(unlike)
    said = document["why"]
    assert said["sentences"][0] == why.sentence()
    figure = exhibit("causes", Answers(unlike))
    if why.causes is not None and not why.causes.empty:
        assert figure.table is not None
        assert [row[0] for row in figure.table.rows] == why.causes["label"].tolist()
        rows = [row for row in said["days_lost"] if row["outcome"] == why.milestone]
        assert [row["lost"]["value"] for row in rows] == pytest.approx(why.causes["lost"].tolist())
    for card in cards(Answers(unlike)):
        if card.name in ("Last participant randomised", "Database lock"):
            milestone = "last_randomised" if card.name.startswith("Last") else "database_lock"
            date = document["milestones"][milestone]["p50"]["value"]["date"]
            assert card.date == (date or f"after {document['horizon']}")
    never = document["probabilities"]["never_reached"]["probability"]["value"]
    assert never == pytest.approx(1 - unlike.replications["reached"].mean())


def test_the_page_begins_with_the_answer_and_why(tmp_path: Path) -> None:
    """Dates, odds, then the causes as measured and the critical path, before anything else; nothing 'would help'."""
    found = measured("a slow season", tmp_path)
    text = page(found)
    order = [text.index(f'id="{name}') for name in ("headline", "causes", "path", "fan", "funnel")]
    assert order == sorted(order)
    assert Why(found).sentence() in html.unescape(re.sub(r"</?span[^>]*>", "", text))
    assert "would help" not in text.replace("not what would help", "")
    assert "would therefore help" not in text


def test_the_first_screen_and_explain_agree(tmp_path: Path) -> None:
    """On the same pairs both give the same days, since they have one table of causes and the same trials."""
    found = measured("clinics that open late", tmp_path)
    why = Why(found)
    assert why.causes is not None
    explained = explain(Study(found.scenario, N, found.seed)).causes
    explained = explained[explained["outcome"] == why.milestone].set_index("cause")
    for _, row in why.causes.iterrows():
        other = explained.loc[row["cause"]]
        if row["n"] == other["n"]:
            assert row["lost"] == pytest.approx(other["lost"])
        low, high = min(row["lost_low"], other["lost_low"]), max(row["lost_high"], other["lost_high"])
        assert low <= row["lost"] <= high
        assert max(row["lost_low"], other["lost_low"]) <= min(row["lost_high"], other["lost_high"]) + 1e-6


def test_without_screening_days_it_ends_those_days_sooner(tmp_path: Path) -> None:
    """Five days of screening cost five days, in every trial, however often somebody somewhere is being screened."""
    why = Why(measured("one site, five days of screening", tmp_path))
    assert why.causes is not None
    row = why.causes.set_index("cause").loc["screening_days"]
    assert row["lost"] == pytest.approx(5.0, abs=1e-6)
    assert why.path.set_index("step").loc["screening", "days"] == pytest.approx(5.0)
    assert why.path.set_index("step").loc["database_lock", "days"] == pytest.approx(30.0)


def test_what_never_comes_counts_as_the_horizon_and_is_said(tmp_path: Path) -> None:
    """Where few trials get there, causes still have their days; those that do not are counted, and both are told."""
    why = Why(measured("reached in few", tmp_path))
    assert why.causes is not None
    assert why.causes["n_never"].max() > 0
    assert "counts as the end of the simulated time" in why.how()
    assert "never do" in why.path_sentence()
    none = Why(measured("reached in none", tmp_path / "none"))
    assert "in none of the trials" in none.sentence()
    assert "no critical path" in none.path_sentence()


def test_the_same_bytes_whatever_the_workers_and_after_a_kill(tmp_path: Path) -> None:
    """Two processes give the same table; stopped among the pairs, the same run goes on and ends with the same bytes."""
    scenario = scenario_of(**UNLIKE["clinics that open late"])

    def files(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}

    def go(folder: str, causes: bool = True, **how: Any) -> Results:
        execution = Execution(**{"workers": 1} | how)
        outputs = Outputs(causes=causes)
        return run_in_folder(scenario, replications=N, out=tmp_path / folder, execution=execution, outputs=outputs)

    whole = go("whole")
    assert CAUSES in whole.manifest["files"]
    assert files(go("two", workers=2).path) == files(whole.path)
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if total != N and done >= 2 * FEWEST:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted, match="same command again to continue"):
        go("stopped", progress=stop)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "stopped" / PAIRS).iterdir()}
    assert kept
    assert files(go("stopped").path) == files(whole.path)
    late = go("late", causes=False)
    assert late.causes() is None
    assert "was not measured" in Why(late).sentence()
    assert files(go("late").path) == files(whole.path), "they are added to a run that has none"


def test_dates_come_before_causes(tmp_path: Path) -> None:
    """Whoever waits sees the dates when all trials are simulated, and not when the causes are measured too."""
    steps: list[str] = []

    def progress(done: int, total: int) -> None:
        steps.append("pairs" if total != N else "trials")

    outputs = Outputs(causes=True, dates=lambda results: steps.append(f"dates of {results.n_replications}"))
    how = Execution(workers=1, progress=progress)
    scenario = scenario_of(**UNLIKE["a slow season"])
    run_in_folder(scenario, replications=N, out=tmp_path / "r", execution=how, outputs=outputs)
    dates = steps.index(f"dates of {N}")
    assert set(steps[:dates]) == {"trials"}
    assert set(steps[dates + 1 :]) == {"pairs"}


@pytest.mark.parametrize("n_trials", [96, 200, 1000, 10_000])
@pytest.mark.parametrize("n_causes", [1, 4, 12, 19])
def test_pairs_are_decided_by_numbers_and_keep_to_their_share(n_causes: int, n_trials: int) -> None:
    """All pairs together are at most the stated share of the trials, or the fewest that there may be."""
    each, more = first_pairs(n_causes, n_trials), more_pairs(n_causes, n_trials, SMALL_TRIAL + 1)
    total = n_causes * each + more * min(LEADERS, n_causes)
    assert FEWEST <= each <= each + more <= min(MOST, n_trials)
    assert total <= max(SHARE * n_trials, FEWEST * (n_causes + LEADERS))


@pytest.mark.parametrize(("n_trials", "pairs"), [(499, 110), (500, 500), (1000, 1000), (10_000, 1000)])
@pytest.mark.parametrize("n_causes", [4, 19])
def test_leading_causes_of_a_small_trial_get_a_thousand_pairs(n_causes: int, n_trials: int, pairs: int) -> None:
    each, more = first_pairs(n_causes, n_trials), more_pairs(n_causes, n_trials, SMALL_TRIAL)
    assert each + more == (pairs if n_causes > LEADERS or n_trials >= 500 else each)


def test_all_pairs_measure_leading_causes_on_every_trial_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked of a run that has few pairs: it gets them all, and the mean gain is that of two runs simulated whole."""
    monkeypatch.setattr(days_lost, "SHARE", 0.5)  # as in a run with more causes, or more trials
    changes: dict[str, Any] = UNLIKE["a slow season"]
    scenario = scenario_of(**changes)

    def pairs(asked: Outputs) -> pd.DataFrame:
        table = run_in_folder(scenario, replications=N, out=tmp_path / "r", execution=ALONE, outputs=asked).causes()
        assert table is not None
        return table

    assert pairs(Outputs(causes=True))["n"].max() < N
    table = pairs(Outputs(causes=True, all_pairs=True))
    row = table[(table["outcome"] == "last_randomised") & (table["cause"] == "calendar")].iloc[0]
    without = scenario_of(**changes | {"calendar": {"periods": {}}})
    whole = run_in_folder(without, replications=N, out=tmp_path / "without", execution=ALONE, outputs=Outputs())
    base = open_results(tmp_path / "r").replications["day_last_randomised"]
    assert row["n"] == N
    assert row["lost"] == pytest.approx((base - whole.replications["day_last_randomised"]).mean())
    assert pairs(Outputs(causes=True))["n"].max() == N  # what is known better stays


def test_a_small_run_and_one_without_causes_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Too few trials, or --no-causes: no causes, and a sentence that says why and what measures them."""
    file = tmp_path / "small.yaml"
    file.write_text(
        "name: Small\ntrial: {target: 3, enrolment_opens: 2020-01-01}\narms: {A: {}}\n"
        "sites: {s: {referrals_per_month: 3}}\n"
    )
    for n, option, sentence in (
        (20, [], f"in runs of {days_lost.FEWEST_TRIALS} simulated trials or more"),
        (N, ["--no-causes"], "was not measured in this run"),
    ):
        out = tmp_path / f"out{n}"
        assert main(["run", str(file), "-n", str(n), "-w", "1", "--no-report", "--out", str(out), *option]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert sentence in text
        assert "explain" in text
        assert open_results(out).causes() is None
    out = tmp_path / "json"
    assert main(["run", str(file), "-n", str(N), "-w", "1", "--no-report", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["why"]["days_lost"][0]["cause"] == "too_few_sites"


def test_causes_are_read_as_they_were_written(tmp_path: Path) -> None:
    """The table has a row each milestone and cause, numbers as numbers, and empty text as empty text."""
    table = measured("a slow season", tmp_path).causes()
    assert isinstance(table, pd.DataFrame)
    assert set(table["part_of"]) == {""}
    assert table[["lost", "lost_low", "lost_high"]].dtypes.map(lambda kind: kind.kind).eq("f").all()
    row = table[(table["outcome"] == "last_randomised") & (table["cause"] == "calendar")].iloc[0]
    assert row["lost_low"] > 0


def test_results_of_an_earlier_version_are_refused_in_one_message(tmp_path: Path) -> None:
    """A folder without critical paths names the version that made it and what to do."""
    import pyarrow.parquet as pq

    from sim.errors import ResultsError

    found = run_in_folder(scenario_of(), replications=4, out=tmp_path / "r", execution=ALONE)
    table = pq.read_table(found.path / "replications.parquet")
    pq.write_table(
        table.select([n for n in table.column_names if not n.startswith("path_")]), found.path / "replications.parquet"
    )
    with pytest.raises(ResultsError, match="kept no critical path; run it again"):
        Results(found.path).paths()


def with_grades(**grades: str) -> Scenario:
    """A trial whose dates hang on one rate and on nothing else, with grades by path."""
    return scenario_of(
        trial={"target": 10, "horizon_months": 240},
        site_defaults={"lead_days": 0.0, "activation_delay_days": 20.0},
        screening={"consent": 0.5, "patience_days": 30.0},
        follow_up={"visit_weeks": [4], "primary_endpoint_week": 4, "missed_visit": 0.1},
        sources={path.replace("__", "."): {"grade": grade, "source": "s"} for path, grade in grades.items()},
    )


def test_the_assumptions_that_the_date_hangs_on_are_named_with_their_days(tmp_path: Path) -> None:
    """Of grade D, what moves the end is named with its days, lower and higher; nothing else is named."""
    scenario = with_grades(
        site_defaults__activation_delay_days="D", screening__patience_days="D", follow_up__missed_visit="D",
        screening__consent="B",
    )  # fmt: skip
    assert [doubt.path for doubt in doubts_of(scenario)] == [
        "site_defaults.activation_delay_days", "screening.patience_days", "follow_up.missed_visit"
    ]  # fmt: skip
    found = run_in_folder(scenario, replications=200, out=tmp_path / "r", execution=ALONE, outputs=Outputs(causes=True))
    table = found.assumptions()
    assert table is not None
    row = table.set_index("path").loc["site_defaults.activation_delay_days"]
    assert row["lower"] == pytest.approx(-10.0, abs=1e-6)
    assert row["higher"] == pytest.approx(20.0, abs=1e-6)
    text = Why(found).doubts_sentence()
    assert "time from start-up to activation" in text
    assert "half: -10.0 ±0.0 days, twice: +20.0 ±0.0 days" in text
    assert "patience" not in text
    assert "consent" not in text
    rows = answer(found)["why"]["assumptions"]
    assert rows[0]["path"] == "site_defaults.activation_delay_days"
    none = run_in_folder(
        scenario_of(),
        replications=N,
        out=tmp_path / "none",
        execution=ALONE,
        outputs=Outputs(causes=True),
    )
    assert none.assumptions() is None
    assert "No value of this scenario has grade D" in Why(none).doubts_sentence()


def test_an_assumption_stays_what_it_may_be() -> None:
    """A share stays a share, a curve of leaving stays a curve, and counts stay whole; many of one entry go together."""
    covered = ("site_defaults", "patients.conditions", "follow_up.leaving")
    scenario = scenario_of(
        site_defaults={"coordinators": 3, "never_enrols": 0.6},
        patients={"conditions": {f"rare_{i}": 0.01 * (i + 1) for i in range(5)}},
        follow_up={
            "visit_weeks": [4, 8], "primary_endpoint_week": 8, "leaving": {"death": {4: 0.5, 8: 0.9}},
        },
        sources={path: {"grade": "D", "source": "s"} for path in covered},
    )  # fmt: skip
    found = {doubt.path: doubt for doubt in doubts_of(scenario)}
    assert "patients.conditions" in found
    lower, higher = found["site_defaults.never_enrols"].scenarios
    assert lower is not None
    assert higher is not None
    assert lower.site_defaults.never_enrols == pytest.approx(3 / 7)
    assert higher.site_defaults.never_enrols == pytest.approx(0.75)
    coordinators = [side.site_defaults.coordinators for side in found["site_defaults.coordinators"].scenarios if side]
    assert coordinators == [1, 6]
    assert "follow_up.leaving" in found

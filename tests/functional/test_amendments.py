"""Amendments and contingencies: when they are decided, what they change, and what they leave as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, merged, scenario_of, simplest_file
from scipy import stats
from test_forecast_command import few_of_a_plan

from sim.core import events as e
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import CODE, KIND, PERSON, SITE, TIME
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.explanation.doubts import doubts_of
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

__all__ = ["few_of_a_plan"]  # a fixture

N = 60
PATIENTS: dict[str, Any] = {
    "patients": {"conditions": {"ill": 0.6, "odd": 0.25}},
    "screening": {
        "consent": 0.5,
        "criteria": {
            "not_ill": {"stage": "chart", "none": ["ill"]},
            "not_odd": {"stage": "tests", "none": ["odd"]},
        },
    },
}


def trial(*rules: dict[str, Any], **changes: Any) -> Scenario:
    """Poisson referrals, 20 a month, with amendments that are named a, b, ..."""
    start: dict[str, Any] = {
        "trial": {"target": 300, "enrolment_opens": "2020-01-01", "horizon_months": 60},
        "sites": {"s": {"referrals_per_month": 20.0}},
        "amendments": {"abc"[i]: rule for i, rule in enumerate(rules)},
    }
    return scenario_of(**merged(start, changes))


def rows_of(made: Scenario, replication: int = 0) -> np.ndarray:
    return replicate(Design(made), 5, replication).table()


def times(rows: np.ndarray, kind: int, code: int | None = None) -> np.ndarray:
    return rows[(rows[:, KIND] == kind) & ((rows[:, CODE] == code) | (code is None)), TIME]


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ({"consent": 0.9}, 0.4 * 0.75 * 0.5, 0.4 * 0.75 * 0.9),
        ({"consent": 0.1}, 0.4 * 0.75 * 0.5, 0.4 * 0.75 * 0.1),
        ({"drops": "not_ill"}, 0.4 * 0.75 * 0.5, 0.75 * 0.5),
        ({"drops": ["not_ill", "not_odd"], "consent": 1.0}, 0.4 * 0.75 * 0.5, 1.0),
        ({"referrals_times": 2.5}, 0.4 * 0.75 * 0.5, 2.5 * 0.4 * 0.75 * 0.5),
        ({"referrals_times": 0.0}, 0.4 * 0.75 * 0.5, 0.0),
    ],
)
def test_randomisations_are_poisson_with_the_rate_that_is_in_force(
    rule: dict[str, Any], before: float, after: float
) -> None:
    """Counts before and after the day are Poisson with the means that thinning and scaling a Poisson process give."""
    day, end = 200.0, 400.0
    found = Simulated(trial({"on": "2020-07-19", **rule}, **PATIENTS, trial={"target": 2000, "horizon_months": 14}), N)
    for low, high, share in ((0.0, day, before), (day, end, after)):
        n = found.n_by(high) - found.n_by(low)
        mean = 20 / MONTH_DAYS * share * (high - low)
        assert abs(n.mean() - mean) <= 4 * np.sqrt(mean / N), (rule, low)
        if mean:
            assert 0.4 < n.var() / mean < 2.0
    assert (found["day_a_in_force"] == day).all()


def test_nothing_before_it_is_in_force_is_otherwise() -> None:
    """Up to the day, the log is that of the trial without the amendment, to the last bit; then it is another."""
    everything = {"drops": ["not_ill", "not_odd"], "consent": 0.9, "referrals_times": 1.7, "opens": "late"}
    sites: dict[str, Any] = {"s": {"referrals_per_month": 20.0}, "t": {"referrals_per_month": 9.0}}
    more = {"late": {"referrals_per_month": 5.0, "activation_delay_days": 30}}
    rescreen = {"screening": {"rescreen": {"probability": 0.5, "after_days": 20}}}
    rescreen["screening"]["criteria"] = {"not_ill": {"stage": "chart", "none": ["ill"], "passing": True}}
    patients = merged(PATIENTS, rescreen)
    with_it = rows_of(trial({"on": "2020-07-19", **everything}, **patients, sites=sites | more))
    without = rows_of(trial(**patients, sites=sites))
    with_it[:, SITE] -= with_it[:, SITE] >= 1  # the group that waits is between the others
    ours, theirs = with_it[with_it[:, TIME] < 200], without[without[:, TIME] < 200]
    assert len(ours) > 200
    assert np.array_equal(ours, theirs)
    assert len(with_it) != len(without)


def test_a_contingency_is_decided_as_often_as_a_poisson_count_is_low() -> None:
    """Fewer than 18 by month 9 at 2 a month: P(Poisson(18) < 18); the three sites then refer from four months later."""
    rule = {"at_month": 9, "if_fewer_than": 18, "opens": "reserve"}
    sites: dict[str, Any] = {
        "s": {"referrals_per_month": 2.0},
        "reserve": {"count": 3, "referrals_per_month": 4.0, "activation_delay_days": 120, "lead_days": 60},
    }
    found = Simulated(trial(rule, sites=sites, trial={"target": 60}), 400)
    decided = ~np.isnan(found["day_a_decided"])
    low = found.n_by(9 * MONTH_DAYS) < 18
    assert (decided == low).all()
    p = stats.poisson.cdf(17, 18)
    assert abs(decided.mean() - p) < 4 * np.sqrt(p * (1 - p) / 400)
    opened = 9 * MONTH_DAYS + 120
    n = found.n_by(opened + 60) - found.n_by(opened)
    for chosen, per_month in ((decided, 14.0), (~decided, 2.0)):
        mean = per_month * 60 / MONTH_DAYS
        assert abs(n[chosen].mean() - mean) < 4 * np.sqrt(mean / chosen.sum())
    assert (found["n_sites_activated"] == np.where(decided, 4, 1)).all()


def test_the_mean_gain_is_that_of_the_fluid_limit() -> None:
    """500 at 20 a month, a doubled rate from the 100th on, 30 days later: 300/20 x ... months, as a fluid would."""
    rule = {"at_randomised": 100, "after_days": 30, "referrals_times": 2.0}
    found = Simulated(trial(rule, trial={"target": 500}), N)
    per_day = 20 / MONTH_DAYS
    fluid = 100 / per_day + 30 + (400 - 30 * per_day) / (2 * per_day)
    day = found["day_last_randomised"]
    assert abs(day.mean() - fluid) < 4 * day.std() / np.sqrt(N) + 1 / per_day
    assert found["day_a_decided"] == pytest.approx(found["day_a_in_force"] - 30)


def test_people_in_screening_are_let_off_or_not() -> None:
    """With a test that all fail and 50 days of screening: those within it pass only where the amendment says so."""
    patients: dict[str, Any] = {
        "patients": {"conditions": {"odd": 1.0}},
        "screening": {"days": 50, "criteria": {"not_odd": {"stage": "tests", "none": ["odd"]}}},
    }
    for included, first in ((True, 200.0), (False, 250.0)):
        rule = {"on": "2020-07-19", "drops": "not_odd", "in_screening": included}
        day = times(rows_of(trial(rule, **patients)), e.RANDOMISED).min()
        assert first <= day < first + 10


def test_several_multiply_and_one_may_stop_all_for_a_while() -> None:
    """A rate of nothing, and then of twice as much again (0 stays 0), against a rate of a half that is undone."""
    halves = trial({"on": "2020-04-10", "referrals_times": 0.5}, {"on": "2020-07-19", "referrals_times": 2.0})
    found = Simulated(halves, N)
    mean = 20 / MONTH_DAYS * (100 + 50 + 100)
    n = found.n_by(300)
    assert abs(n.mean() - mean) < 4 * np.sqrt(mean / N)
    stopped = rows_of(trial({"on": "2020-04-10", "referrals_times": 0}, {"on": "2020-07-19", "referrals_times": 2}))
    assert times(stopped, e.REFERRED).max() < 100


def test_only_its_groups_change() -> None:
    """An amendment of one group leaves the events of the other as they are."""
    sites = {"s": {"referrals_per_month": 10.0}, "t": {"referrals_per_month": 10.0}}
    rule = {"on": "2020-03-01", "groups": "s", "drops": "not_ill", "consent": 1.0, "referrals_times": 3.0}
    ours = rows_of(trial(rule, **PATIENTS, sites=sites, trial={"target": 1000}))
    theirs = rows_of(trial(**PATIENTS, sites=sites, trial={"target": 1000}))
    other, same = (
        rows[(rows[:, SITE] == 1) & (rows[:, TIME] < 700)][:, [TIME, KIND, PERSON, CODE]] for rows in (ours, theirs)
    )
    assert np.array_equal(other, same)
    assert len(other) > 400
    ours, theirs = (rows[rows[:, TIME] < 700] for rows in (ours, theirs))
    assert np.count_nonzero(ours[:, SITE] == 0) > 1.5 * np.count_nonzero(theirs[:, SITE] == 0)


def test_a_trial_whose_other_sites_have_closed_waits_only_for_a_day_that_comes() -> None:
    """The one open site closes: sites that a date opens are waited for, those at a milestone never come."""
    sites: dict[str, Any] = {"s": {"referrals_per_month": 3.0, "closes": "2020-03-01"}}
    sites["later"] = {"referrals_per_month": 3.0}
    by_date = rows_of(trial({"on": "2020-07-19", "opens": "later"}, sites=sites, trial={"target": 40}))
    assert by_date[-1, CODE] == e.ENDED_COMPLETE
    for rule in ({"at_randomised": 30}, {"at_month": 7, "if_fewer_than": 1}):
        rows = rows_of(trial(rule | {"opens": "later"}, sites=sites, trial={"target": 40}))
        assert rows[-1, CODE] == e.ENDED_NO_SITES
    assert len(times(rows, e.AMENDMENT_NOT_NEEDED)) == 1
    assert times(rows, e.TRIAL_ENDED).item() == pytest.approx(7 * MONTH_DAYS)


def test_what_it_may_not_say_is_refused_with_the_reason() -> None:
    """Names that there are not, moments that never come, and changes of nothing: one message each, with its path."""
    on = {"on": "2020-07-19"}
    wrong: list[tuple[dict[str, Any], str]] = [
        (on | {"drops": "not_il"}, "amendments.a.drops: there is no such criterion; did you mean 'not_ill'"),
        (on | {"opens": "ss"}, "amendments.a.opens: there is no such site group; did you mean 's'"),
        (on | {"consent": 0.4, "groups": "z"}, "amendments.a.groups: there is no such site group"),
        (on | {"consnt": 0.4}, "did you mean 'consent'"),
        (on | {"consent": 1.4}, "amendments.a.consent"),
        (on, "changes nothing"),
        ({"consent": 0.4}, "exactly one of on, at_month, at_randomised"),
        (on | {"at_month": 3, "consent": 0.4}, "exactly one of on, at_month, at_randomised"),
        ({"on": "2031-01-01", "consent": 0.4}, "it would never come"),
        ({"on": "2019-01-01", "consent": 0.4}, "is before enrolment_opens"),
        ({"at_month": 70, "consent": 0.4}, "it would never come"),
        ({"at_randomised": 300, "consent": 0.4}, "must be below trial.target (300)"),
        ({"at_randomised": 9, "if_fewer_than": 9, "consent": 0.4}, "needs a day on which to check it"),
        (on | {"if_fewer_than": 301, "consent": 0.4}, "must be at most trial.target (300)"),
        (on | {"costs": {"screening": 3.0}}, "there are none: write costs"),
        (on | {"costs": {"screning": 3.0}}, "did you mean 'screening'"),
        (on | {"in_screening": True, "consent": 0.4}, "applies to dropped criteria"),
    ]
    for rule, says in wrong:
        with pytest.raises(ScenarioError) as raised:
            trial(rule, **PATIENTS)
        assert says in str(raised.value), rule
        assert len(raised.value.problems) == 1, rule
        assert "amendments.a" in str(raised.value)
    with pytest.raises(ScenarioError, match=r"sites\.t\.opens: opens by the amendment a"):
        trial(on | {"opens": "t"}, sites={"s": {"referrals_per_month": 1}, "t": {"opens": "2020-03-01"}})


def test_costs_change_from_the_day_on() -> None:
    """Screenings and months before and after the day at their own prices, counted by hand from the log."""
    costs = {"currency": "EUR", "screening": 100.0, "central_month": 1000.0, "site_month": 10.0}
    new = {"screening": 150.0, "central_month": 500.0, "site_month": 30.0}
    made = trial({"on": "2020-04-10", "costs": new}, costs=costs, trial={"target": 100})
    found = Simulated(made, 3, seed=5)
    for replication in range(3):
        rows = rows_of(made, replication)
        screened, end = times(rows, e.SCREENING_STARTED), rows[-1, TIME]
        assert found["cost_screening"][replication] == pytest.approx(
            100 * np.count_nonzero(screened < 100) + 150 * np.count_nonzero(screened >= 100)
        )
        assert found["cost_central"][replication] == pytest.approx((1000 * 100 + 500 * (end - 100)) / MONTH_DAYS)
        assert found["cost_sites"][replication] == pytest.approx((10 * 100 + 30 * (end - 100)) / MONTH_DAYS)


def test_its_own_uncertain_values_move_no_other_draw() -> None:
    """An amendment's delay and consent may vary and be uncertain: up to the day all is as without it."""
    uncertain = {"uncertain": "beta", "mean": 0.6, "n": 20}
    rule = {
        "at_randomised": 30,
        "after_days": {"dist": "gamma", "mean": 40, "cv": 0.5},
        "consent": uncertain,
        "referrals_times": {"uncertain": "lognormal", "median": 1.5, "sigma": 0.2},
    }
    found = Simulated(trial(rule, trial={"target": 250}), 40)
    without = Simulated(trial(trial={"target": 250}), 40)
    wait = found["day_a_in_force"] - found["day_a_decided"]
    assert abs(wait.mean() - 40) < 4 * 20 / np.sqrt(40)
    until = found["day_a_in_force"]
    for ours, theirs, day in zip(found.chunk.randomised_days, without.chunk.randomised_days, until, strict=True):
        assert np.array_equal(ours[ours < day], theirs[theirs < day])
    assert len(np.unique(found["value_amendments.a.consent"])) == 40


def test_explain_takes_it_away_with_the_sites_that_only_it_opens() -> None:
    """Each amendment is a cause; without criteria or refusals no amendment speaks of them, and the rest is valid."""
    sites = {"s": {"referrals_per_month": 20.0}, "reserve": {"count": 3, "referrals_per_month": 20.0}}
    made = trial(
        {"at_month": 3, "if_fewer_than": 100, "opens": "reserve"},
        {"on": "2020-03-01", "drops": "not_ill", "in_screening": True},
        {"on": "2020-03-01", "consent": 0.9, "groups": "s"},
        **PATIENTS,
        sites=sites,
    )
    causes = {cause.name: cause for cause in causes_of_delay(made)}
    assert causes["amendments.a"].scenario.sites["reserve"].count == 0
    assert causes["amendments.a"].label.startswith("the amendment a (at month 3, if fewer than 100 are enrolled")
    assert list(causes["criteria"].scenario.amendments) == ["a", "c"]
    assert list(causes["screening.criteria.not_ill"].scenario.amendments) == ["a", "c"]
    assert list(causes["consent"].scenario.amendments) == ["a", "b"]
    assert not causes["together"].scenario.amendments
    days = [Simulated(one, 20)["day_last_randomised"] for one in (made, causes["amendments.a"].scenario)]
    assert np.mean(days[1] - days[0]) > 30


def test_doubts_are_of_what_it_assumes_and_not_of_when_it_is_decided() -> None:
    """A factor without a source is doubted; the month and the number at which it is decided are the planner's."""
    made = trial(
        {"at_month": 3, "if_fewer_than": 100, "referrals_times": 1.5, "after_days": 20},
        sources={"amendments": {"grade": "D", "source": "a guess"}},
    )
    assert [doubt.path for doubt in doubts_of(made)] == ["amendments.a.after_days", "amendments.a.referrals_times"]


def test_it_is_told_counted_and_compared(tmp_path: Path) -> None:
    """validate, run, trace and the JSON say the rule in words, how often it was decided and when it is in force."""
    rules = {"more": {"at_month": 2, "if_fewer_than": 60, "referrals_times": 2.0}, "never": {"at_month": 3}}
    rules["never"] |= {"if_fewer_than": 1, "consent": 0.5}
    plan = simplest_file(tmp_path, "plan", amendments=rules, trial={"target": 60})
    shown = call("validate", plan)
    says = "at month 2, if fewer than 60 are enrolled by then: referrals times 2"
    assert f"amendment: more: {says}" in shown.out
    run = call("run", plan, "-n", 40, "-w", 1, "--out", tmp_path / "out")
    assert f"Amendment more: {says}; decided in 100 % (91 to 100 %) of the simulated trials, in force" in run.out
    assert "decided in 0 % (0 to 9 %) of the simulated trials." in run.out
    design = Design(load_scenario(plan))
    told = "\n".join(story(design, replicate(design, 1, 0).table()))
    assert "The amendment more is in force: referrals times 2." in told
    assert "The amendment never is not needed:" in told
    (folder,) = (path for path in (tmp_path / "out").parent.glob("out*") if path.is_dir())
    assert "What changes on the way" in (folder / "report.html").read_text(encoding="utf-8")
    less = call("run", plan, "-n", 40, "-w", 1, "--out", tmp_path / "less", "--set", "amendments.more=off", "--json")
    assert list(json.loads(less.out)["amendments"]) == ["never"]


def test_a_forecast_knows_what_the_data_have_of_it(tmp_path: Path) -> None:
    """A change that the data have is said, and not made again; one that is to come doubles the rate then."""
    days = np.arange(60) * 3
    log = tmp_path / "log.csv"
    dates = [f"P{i},s,{np.datetime64('2020-01-01') + int(day)}" for i, day in enumerate(days)]
    log.write_text("participant,site,randomised\n" + "\n".join(dates))
    found = {}
    for name, rule in {"none": None, "past": {"at_randomised": 20}, "later": {"on": "2020-07-15"}}.items():
        rules = {} if rule is None else {"double": rule | {"referrals_times": 2.0}}
        plan = simplest_file(
            tmp_path, name, amendments=rules, trial={"target": 160}, sites={"s": {"referrals_per_month": 10.0}}
        )
        done = call(
            "forecast", plan, "--observed", log, "--as-of", "2020-06-30", "-n", 64, "-w", 1, "--json",
            "--out", tmp_path / f"of_{name}",
        )  # fmt: skip
        assert not done.code, done.err
        found[name] = json.loads(done.out)
    last = {name: _p50(answer) for name, answer in found.items()}
    assert abs(last["past"] - last["none"]) < 25
    assert last["later"] < last["none"] - 90
    assert "amendment double is taken as in force since 2020-02-27" in json.dumps(found["past"])


def _p50(answer: dict[str, Any]) -> float:
    return float(answer["milestones"]["last_randomised"]["p50"]["day"]["value"])

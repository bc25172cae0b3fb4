"""Arms that open and close while the trial runs, and sites that an amendment opens with steps of start-up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, merged, scenario_of, simplest_file

from sim.core import events as e
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND, SITE, TIME
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

ARMS: dict[str, Any] = {"A": {}, "B": {}, "C": {}}


def trial(*rules: dict[str, Any], **changes: Any) -> Scenario:
    """Three arms 1:1:1, 20 a month, 150 in all, with amendments that are named a, b, ..."""
    start: dict[str, Any] = {
        "trial": {"target": 150, "enrolment_opens": "2020-01-01", "horizon_months": 60},
        "arms": ARMS,
        "sites": {"s": {"referrals_per_month": 20.0}},
        "amendments": {"abc"[i]: rule for i, rule in enumerate(rules)},
    }
    return scenario_of(**merged(start, changes))


def rows_of(made: Scenario, replication: int = 0) -> np.ndarray:
    return replicate(Design(made), 5, replication).table()


def arms_in_order(made: Scenario, replication: int = 0) -> str:
    rows = rows_of(made, replication)
    return "".join("ABC"[int(code)] for code in rows[rows[:, KIND] == e.RANDOMISED, CODE])


METHODS: dict[str, dict[str, Any]] = {
    "simple": {},
    "permuted_blocks": {"block_sizes": [3, 6], "stratify_by": ["site"]},
    "minimisation": {},
    "biased_coin": {},
    "urn": {"urn_start": 2},
}


@pytest.mark.parametrize("method", METHODS)
def test_participants_are_allocated_among_the_arms_that_are_open(method: str) -> None:
    """C from the 51st on, A until the 100th: then a half, a third and a half each, and the days are as they were."""
    rule = {"randomisation": {"method": method, **METHODS[method]}}
    made = trial({"at_randomised": 50, "opens_arms": "C"}, {"at_randomised": 100, "closes_arms": "A"}, **rule)
    shares = {"first": [1 / 2, 1 / 2, 0], "then": [1 / 3, 1 / 3, 1 / 3], "last": [0, 1 / 2, 1 / 2]}
    counted = {part: np.zeros(3) for part in shares}
    for replication in range(40):
        arms = arms_in_order(made, replication)
        for part, some in zip(shares, (arms[:50], arms[50:100], arms[100:]), strict=True):
            counted[part] += [some.count(arm) for arm in "ABC"]
    for part, share in shares.items():
        p = np.array(share)
        assert np.all(np.abs(counted[part] / 2000 - p) <= 4 * np.sqrt(p * (1 - p) / 2000)), (part, counted[part])
    days = [rows[rows[:, KIND] == e.RANDOMISED, TIME] for rows in (rows_of(made), rows_of(trial(**rule)))]
    assert np.array_equal(*days)


def test_a_new_arm_does_not_catch_up_and_blocks_begin_anew() -> None:
    """Blocks of three: after C opens every three have one of each; Efron's coin keeps the new arm near a third."""
    blocks = trial(
        {"at_randomised": 50, "opens_arms": "C"}, randomisation={"method": "permuted_blocks", "block_sizes": [3]}
    )
    later = arms_in_order(blocks)[50:]
    assert all(sorted(later[i : i + 3]) == ["A", "B", "C"] for i in range(0, 99, 3))
    coin = trial({"at_randomised": 60, "opens_arms": "C"}, randomisation={"method": "biased_coin"})
    found = Simulated(coin, 40)
    assert abs(found["n_randomised_C"].mean() - 30) < 3
    assert found["max_imbalance"].max() < 12, "of the arms that were open"


def test_on_a_date_by_a_contingency_and_after_a_delay() -> None:
    """The log has the day on which an arm opens and closes; one that is not needed never opens."""
    made = trial(
        {"on": "2020-03-01", "after_days": 10, "opens_arms": ["C"]},
        {"at_month": 6, "closes_arms": ["C"]},
        trial={"target": 400},
    )
    rows = rows_of(made)
    opened, closed = (rows[rows[:, KIND] == kind, TIME].item() for kind in (e.ARM_OPENED, e.ARM_CLOSED))
    assert opened == 70.0
    assert closed == pytest.approx(6 * MONTH_DAYS)
    in_c = rows[(rows[:, KIND] == e.RANDOMISED) & (rows[:, CODE] == 2), TIME]
    assert opened < in_c.min()
    assert in_c.max() < closed
    told = "\n".join(story(Design(made), rows))
    assert "The arm C opens: participants are allocated to it too." in told
    assert "The arm C closes: nobody more is allocated to it." in told
    never = trial({"at_month": 3, "if_fewer_than": 1, "opens_arms": "C"})
    assert "C" not in arms_in_order(never)


def test_caps_wait_for_an_arm_that_may_still_open() -> None:
    """A and B full at 10 each: nobody is taken until C opens on a day; at a number that never comes the trial ends."""
    caps = {"a": {"arm": "A", "randomised": 10}, "b": {"arm": "B", "randomised": 10}}
    opens = trial({"on": "2020-07-19", "opens_arms": "C"}, caps=caps, trial={"target": 40})
    rows = rows_of(opens)
    days = rows[rows[:, KIND] == e.RANDOMISED, TIME]
    assert rows[-1, CODE] == e.ENDED_COMPLETE
    assert days[19] < 200 < days[20]
    for rule in ({"at_randomised": 30}, {"at_month": 7, "if_fewer_than": 1}):
        rows = rows_of(trial(rule | {"opens_arms": "C"}, caps=caps, trial={"target": 40}))
        assert rows[-1, CODE] == e.ENDED_CAPS
    closes = trial({"on": "2020-01-25", "closes_arms": "C"}, caps=caps, trial={"target": 40})
    assert rows_of(closes)[-1, CODE] == e.ENDED_CAPS


def test_explain_takes_it_away_with_the_arms_that_only_it_opens() -> None:
    """Without the amendment C never opens; without one that closes A, A goes on."""
    made = trial({"at_randomised": 20, "opens_arms": "C"}, {"at_randomised": 90, "closes_arms": "A"})
    causes = {cause.name: cause.scenario for cause in causes_of_delay(made)}
    assert "C" not in arms_in_order(causes["amendments.a"])
    assert "A" in arms_in_order(causes["amendments.b"])[100:]
    assert "C" not in arms_in_order(causes["together"])


def test_what_it_may_not_say_of_arms_is_refused() -> None:
    on = {"on": "2020-07-19"}
    with pytest.raises(ScenarioError, match=r"amendments\.a\.opens_arms: there is no such arm"):
        trial(on | {"opens_arms": "D"})
    with pytest.raises(ScenarioError, match=r"amendments\.a\.closes_arms: there is no such arm"):
        trial(on | {"closes_arms": "D"})
    with pytest.raises(ScenarioError, match="leave one arm, such as the control, open throughout"):
        trial(on | {"closes_arms": ["A", "B"]}, on | {"opens_arms": "C"})


def test_compare_pairs_an_arm_that_opens_with_one_that_opens_later(tmp_path: Path) -> None:
    """Fifty later: a third of those fifty are in another arm, and no day moves, as arms draw numbers of their own."""
    start = {"arms": ARMS, "trial": {"target": 120}, "sites": {"s": {"referrals_per_month": 20.0}}}
    early, late = (
        simplest_file(tmp_path, name, **start, amendments={"c": {"at_randomised": n, "opens_arms": "C"}})
        for name, n in (("early", 50), ("late", 100))
    )
    outcome = call("compare", early, late, "-n", 40, "-w", 1, "--json", "--out", tmp_path / "out")
    assert outcome.code == 0, outcome
    (answer,) = json.loads(outcome.out)["comparisons"]
    found = {row["measure"]: row["difference"]["value"] for row in answer["measures"]}
    error = 4 * np.sqrt(50 * (1 / 3) * (2 / 3) / 40)
    assert found["n_randomised_C"] == pytest.approx(-50 / 3, abs=error)
    assert found["n_randomised_A"] + found["n_randomised_B"] == pytest.approx(-found["n_randomised_C"])
    assert {row["difference"]["value"] for row in answer["quantiles"]} == {0.0}


def test_a_forecast_goes_on_with_the_arms_that_are_open(tmp_path: Path) -> None:
    """Data of 60 in A and B; C opened at the 50th, so that those to come are in thirds."""
    log = tmp_path / "log.csv"
    day = np.datetime64("2020-01-01")
    dates = [f"P{i},s,{day + 2 * i},{'AB'[i % 2]}" for i in range(60)]
    log.write_text("participant,site,randomised,arm\n" + "\n".join(dates))
    arms = {"arms": ARMS, "trial": {"target": 150}, "sites": {"s": {"referrals_per_month": 15.0}}}
    plan = simplest_file(tmp_path, "plan", **arms, amendments={"more": {"at_randomised": 50, "opens_arms": "C"}})
    done = call(
        "forecast", plan, "--observed", log, "--as-of", "2020-04-30", "-n", 60, "-w", 1, "--json",
        "--out", tmp_path / "forecast",
    )  # fmt: skip
    assert not done.code, done.err
    assert "amendment more is taken as in force since 2020-04-08, as in the data (arm C opens)" in json.dumps(
        json.loads(done.out)
    )


# --- sites with steps

STEPS: dict[str, Any] = {
    "regulator": {"days": 60, "each": "country"},
    "contract": {"days": {"dist": "uniform", "low": 10, "high": 50}},
    "initiation": {"days": 10, "after": ["regulator", "contract"]},
}


def opened(country: str, **rule: Any) -> Scenario:
    """A German site from the start; two in reserve, opened by an amendment, with the same steps."""
    sites = {
        "first": {"referrals_per_month": 5.0, "country": "DE"},
        "reserve": {"count": 2, "referrals_per_month": 5.0, "country": country},
    }
    return trial(
        rule | {"opens": "reserve"},
        sites=sites | {"s": {"count": 0, "country": "DE"}},
        site_defaults={"start_up": STEPS},
    )


@pytest.mark.parametrize(("country", "regulator"), [("DE", 0.0), ("FR", 60.0)])
def test_sites_that_an_amendment_opens_go_through_their_steps(country: str, regulator: float) -> None:
    """From day 100: contract and initiation, and the regulator's 60 days where the country has none of it yet."""
    made = opened(country, on="2020-04-10")
    design = Design(made)
    days = []
    for replication in range(30):
        rows = rows_of(made, replication)
        steps = rows[(rows[:, KIND] == e.STEP_DONE) & (rows[:, TIME] > 100)]
        contracts = {int(row[SITE]): row[AMOUNT] for row in steps if design.start_up[int(row[CODE])] == "contract"}
        active = rows[(rows[:, KIND] == e.SITE_ACTIVATED) & (rows[:, SITE] > 0)]
        for row in active:
            assert row[TIME] == pytest.approx(100 + max(contracts[int(row[SITE])], regulator) + 10)
        days += (active[:, TIME] - 100).tolist()
        assert sum(design.start_up[int(row[CODE])] == "regulator" for row in steps) == (regulator > 0), "done once"
    mean, sd = (40.0, 40 / np.sqrt(12)) if regulator == 0 else (70.0, 1e-9)
    assert abs(np.mean(days) - mean) <= 4 * sd / np.sqrt(len(days)) + 1e-6


def test_a_shared_step_that_is_under_way_is_waited_for() -> None:
    """The regulator is done on day 60 for the first site; an amendment of day 31 waits for it, and not for its own."""
    rows = rows_of(opened("DE", on="2020-02-01"))
    active = rows[(rows[:, KIND] == e.SITE_ACTIVATED) & (rows[:, SITE] > 0), TIME]
    assert np.all(active >= 70)
    assert np.all(active <= 31 + 50 + 10)


def test_the_forecast_opens_them_after_the_data(tmp_path: Path) -> None:
    """The shared step is over, as a site with it is open; reserve sites come after the end of the data."""
    plan = simplest_file(
        tmp_path,
        "plan",
        trial={"target": 100},
        site_defaults={"start_up": STEPS},
        sites={
            "s": {"referrals_per_month": 5.0, "country": "DE"},
            "reserve": {"count": 2, "referrals_per_month": 5.0, "country": "DE"},
        },
        amendments={"more": {"on": "2020-08-01", "opens": "reserve"}},
    )
    log = tmp_path / "log.csv"
    day = np.datetime64("2020-03-01")
    log.write_text("participant,site,randomised\n" + "\n".join(f"P{i},s,{day + 5 * i}" for i in range(20)))
    last = {}
    for name, way in {"with": [], "without": ["--set", "sites.reserve.count=0"]}.items():
        done = call(
            "forecast", plan, "--observed", log, "--as-of", "2020-06-30", "-n", 60, "-w", 1, "--json",
            "--out", tmp_path / name, *way,
        )  # fmt: skip
        assert not done.code, done.err
        answer = json.loads(done.out)
        last[name] = answer["milestones"]["last_randomised"]["p50"]["day"]["value"]
        (germany,) = answer["countries"]
        assert germany["so_far"] == 20
        assert 90 < germany["n_randomised"]["value"] <= 100
        assert "What does each country bring?" in (tmp_path / name / "report.html").read_text(encoding="utf-8")
    assert last["with"] < last["without"] - 30
    assert load_scenario(plan).amendments

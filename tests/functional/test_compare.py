"""Comparisons: paired differences are exact where they must be, their intervals honest, and nothing is left out."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, simplest_file

from sim.analysis.measures import MILESTONES
from sim.analysis.pairing import mean_change, narrowing
from sim.api.comparison import compare_in_folder
from sim.experiment.comparison.tables import Compared
from sim.experiment.execution import ALONE
from sim.report.comparison import words
from sim.report.comparison.document import answer
from sim.report.comparison.figures import fan
from sim.report.comparison.slide import slide
from sim.report.style import EARLIER, LATER
from sim.scenario.load import load
from sim.scenario.provenance import differences

BASE, MORE = (str(ROOT / "scenarios" / f"{name}.yaml") for name in ("base", "two-more-sites"))
APART = ["oversight.sentinels=null", "oversight.board_review=null", "oversight.hold=null", "oversight.stop=null"]
APART += ["cells.doses_in_stock_to_randomise=0", "trial.replace=never"]  # nothing here is shared between sites
INF = math.inf


@pytest.fixture(scope="module")
def base_and_more(tmp_path_factory: pytest.TempPathFactory) -> tuple[Compared, Path]:
    """Base and two more sites, with nothing that couples sites."""
    out = tmp_path_factory.mktemp("compare") / "out"
    return compare_in_folder([BASE, MORE], [APART, APART], replications=96, out=out, execution=ALONE), out


# --- what must be exact


def test_a_scenario_and_itself_are_the_same_in_every_replication(tmp_path: Path) -> None:
    """Every paired difference of a scenario with itself is exactly 0, and every interval is a point."""
    compared = compare_in_folder([BASE, BASE], replications=24, out=tmp_path / "out", page=False, execution=ALONE)
    (pair,) = compared.comparison.pairs
    assert pair.is_identical()
    assert (compared.pairs().filter(like="difference_").to_numpy() == 0.0).all()
    quantiles = compared.tables["quantiles"].dropna(subset=["difference_low"])
    assert (quantiles["difference"] == 0.0).all()
    bounds = quantiles[["difference_low", "difference_high"]].to_numpy()
    assert (bounds[np.isfinite(bounds)] == 0.0).all()  # else one of the two quantiles may be never, as far as is known
    assert np.isfinite(bounds).mean() > 0.6
    means = compared.tables["measures"].query("n > 1")
    assert (means[["difference", "difference_low", "difference_high"]].to_numpy() == 0.0).all()
    assert (compared.tables["milestones"]["same"] == 1.0).all()
    assert compared.tables["inputs"].empty
    assert "are the same in every one of the 24" in words.headline(compared, pair)
    assert pair.other.label == "base (2)"


def test_unchanged_sites_live_unchanged_lives(base_and_more: tuple[Compared, Path]) -> None:
    """With two more sites, what happens at the first three is the same, event by event, until the target is met."""
    compared, _ = base_and_more
    early = ["patient.referred", "consent.given", "consent.refused", "screening.started", "screening.passed"]
    ours, theirs = (side.results.events for side in compared.comparison.sides)
    assert set(early) <= set(ours["event"])
    for replication in range(5):
        one, two = (events[events["replication"] == replication] for events in (ours, theirs))
        met = min(events[events["event"] == "recruitment.closed"]["day"].min() for events in (one, two))
        lives = [
            events[(events["day"] < met) & events["event"].isin(early)][["day", "event", "site", "patient"]]
            for events in (one, two)
        ]
        lives[1] = lives[1][lives[1]["site"].isin(lives[0]["site"].unique())]
        assert len(lives[0]) > 50
        pd.testing.assert_frame_equal(*(life.reset_index(drop=True) for life in lives))


def test_twice_the_rate_halves_every_time(tmp_path: Path) -> None:
    """One Poisson site: at twice the rate every k-th randomisation comes at half the time, in every replication."""
    slow = simplest_file(tmp_path, "slow")
    fast = simplest_file(tmp_path, "fast", sites={"s": {"count": 1, "referrals_per_month": 6.0}})
    compared = compare_in_folder([slow, fast], replications=50, out=tmp_path / "out", page=False, execution=ALONE)
    days = compared.pairs()
    for milestone in ("first_randomised", "randomised_50pct", "last_randomised"):
        assert np.allclose(days[f"day_{milestone}"] * 2, days[f"reference_{milestone}"], rtol=1e-12, atol=0)
    odds = compared.milestone(compared.comparison.pairs[0], "last_randomised")
    assert odds["earlier"] == 1.0


def test_scenarios_that_open_on_other_dates_are_compared_by_date(tmp_path: Path) -> None:
    """The same trial opened 30 days later is 30 days later in every replication, and the horizon is the nearer one."""
    first = simplest_file(tmp_path, "first")
    late = simplest_file(tmp_path, "late", trial={"enrolment_opens": "2020-01-31", "horizon_months": 590})
    compared = compare_in_folder([first, late], replications=40, out=tmp_path / "out", page=False, execution=ALONE)
    assert np.allclose(compared.pairs()["difference_last_randomised"], 30.0)
    row = compared.median(compared.comparison.pairs[0], "last_randomised")
    assert (row["difference"], row["difference_low"], row["difference_high"]) == pytest.approx((30.0, 30.0, 30.0))
    notes = " ".join(words.caveats(compared))
    assert "compared by date" in notes
    assert "does not end on the same" in notes
    randomised = fan(compared).table
    assert randomised is not None
    of_first, of_late = (side.results.curves.set_index("day")["p50"] for side in compared.comparison.sides)
    by, *cells = randomised.rows[0]
    day = (date.fromisoformat(by) - date(2020, 1, 1)).days
    assert [int(cell.partition(" ")[0]) for cell in cells] == [of_first[day], of_late[day - 30]]


# --- what pairing is worth


def test_pairing_narrows(base_and_more: tuple[Compared, Path]) -> None:
    """On base and two more sites pairing is worth more than 1, and nothing once the pairs are broken."""
    compared, _ = base_and_more
    (pair,) = compared.comparison.pairs
    row = compared.milestone(pair, "last_randomised")
    assert row["narrowing_low"] > 1.0
    assert compared.median(pair, "last_randomised")["narrowing"] > 1.0
    ours, theirs = (np.minimum(days, pair.horizon_days) for days in pair.days("last_randomised"))
    broken = narrowing(ours, np.roll(theirs, 1))
    assert broken.low is not None
    assert broken.low < 1.0 < broken.high < row["narrowing"]
    paired, apart = mean_change(ours, theirs), mean_change(ours, np.roll(theirs, 1))
    assert (apart.high - apart.low) ** 2 / (paired.high - paired.low) ** 2 == pytest.approx(
        row["narrowing"] / broken.value, rel=1e-9
    )


# --- trials that never get there


def test_a_comparison_in_which_nothing_is_reached(tmp_path: Path) -> None:
    """Two trials that are never recruited are compared without a crash, and the answer says so."""
    slow = simplest_file(tmp_path, "slow", trial={"horizon_months": 3})
    slower = simplest_file(tmp_path, "slower", trial={"horizon_months": 3}, sites={"s": {"referrals_per_month": 1.0}})
    compared = compare_in_folder([slow, slower], replications=30, out=tmp_path / "out", execution=ALONE)
    (pair,) = compared.comparison.pairs
    assert "more than half of the trials are not fully recruited" in words.headline(compared, pair)
    row = compared.milestone(pair, "last_randomised")
    assert (row["n_neither"], row["same"]) == (30, 1.0)
    never = compared.of("odds", pair).set_index("event").loc["never_reached"]
    assert (never["reference"], never["value"], never["difference"]) == (1.0, 1.0, 0.0)
    json.dumps(answer(compared), allow_nan=False)


@pytest.mark.parametrize(
    ("ours", "theirs", "says"),
    [
        (100, 150, "is later by 50 days"),
        (150, 100, "is earlier by 50 days"),
        (100, None, "is not fully recruited"),
        (100, 100, "has the median last randomisation of"),
    ],
)
def test_the_first_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: float, theirs: float | None, says: str
) -> None:
    """Which is earlier, by how much, and how sure."""
    from sim.experiment.comparison.sides import Pair

    one, two = simplest_file(tmp_path, "one"), simplest_file(tmp_path, "two", trial={"target": 44})
    compared = compare_in_folder([one, two], replications=60, out=tmp_path / "out", page=False, execution=ALONE)
    noise = np.linspace(-0.1, 0.1, 60)
    days = tuple(np.full(60, INF) if day is None else day + noise for day in (ours, theirs))
    monkeypatch.setattr(Pair, "days", lambda *_: days)
    again = Compared(compared.comparison)
    assert says in words.headline(again, again.comparison.pairs[0])


# --- scenarios that are not alike


@pytest.fixture(scope="module")
def unlike(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Two trials with other arms, currency, criteria, planned dates and doses."""
    folder = tmp_path_factory.mktemp("unlike")
    criteria = {"ill": {"stage": "chart", "any": ["ill"]}}
    a = simplest_file(
        folder,
        "a",
        trial={"planned": {"primary_completion": "2021-06-01"}},
        costs={"currency": "USD", "site_activation": 10.0},
    )
    b = simplest_file(
        folder,
        "b",
        trial={"planned": {"primary_completion": "2021-07-01"}},
        arms={"X": {"doses": {"weeks": [0], "cells_per_kg": 0}}, "Y": {}},
        patients={"conditions": {"ill": 0.9}},
        screening={"criteria": criteria},
        costs={"currency": "CNY", "site_activation": 70.0},
    )
    return compare_in_folder([a, b], replications=30, out=folder / "out", execution=ALONE)


def test_what_only_one_scenario_has_stays_in_the_tables(unlike: Compared) -> None:
    """Arms, criteria and milestones of one scenario are rows without a difference, and both currencies are shown."""
    rows = unlike.tables["measures"].set_index("measure")
    assert rows.loc["n_randomised_A", "in"] == "reference only"
    assert rows.loc["n_randomised_X", "in"] == "this only"
    assert rows.loc["n_failed_first_ill", "in"] == "this only"
    assert rows.loc["cost", "in"] == "other unit"
    assert (rows.loc["cost", "reference"], rows.loc["cost", "value"]) == (10.0, 70.0)
    assert rows.loc["cost", "unit"] == "USD and CNY"
    assert math.isnan(rows.loc["n_randomised_X", "reference"])
    assert rows.loc["n_randomised_X", "value"] > 0
    assert rows[rows["in"] != "both"]["difference"].isna().all()
    milestones = unlike.tables["milestones"].set_index("milestone")
    assert milestones.loc["last_dose", "in"] == "this only"
    assert set(milestones.index) == set(MILESTONES) - {"last_visit", "database_lock"}  # that neither has


def test_each_registered_date_is_asked_of_both(unlike: Compared) -> None:
    """A date that one scenario registers is judged in both, and the row says whose it is."""
    rows = unlike.tables["odds"].query("event == 'primary_completion'")
    assert rows["planned_in"].tolist() == ["reference only", "this only"]
    assert rows[["reference", "value"]].notna().all().all()
    assert (rows["reference"].diff().dropna() >= 0).all()  # the later date is met more often
    notes = " ".join(words.caveats(unlike))
    assert "count cost in USD and CNY" in notes
    assert "only b has the last dose" in notes
    json.dumps(answer(unlike), allow_nan=False)


# --- each change's share


def test_shares_of_all_orders_sum_to_the_difference(tmp_path: Path) -> None:
    """Twice the rate and half the target: each is worth what it is by symmetry, and together the whole."""
    slow = simplest_file(tmp_path, "slow", trial={"target": 44})
    fast = simplest_file(tmp_path, "fast", trial={"target": 22}, sites={"s": {"count": 1, "referrals_per_month": 6.0}})
    compared = compare_in_folder(
        [slow, fast], replications=200, out=tmp_path / "out", shares=True, page=False, execution=ALONE
    )
    assert compared.shares is not None
    rows = compared.shares.query("outcome == 'last_randomised'").set_index("part")
    assert rows["difference"].sum() == pytest.approx(rows["whole"].iloc[0], abs=1e-9)
    assert rows["share"].sum() == pytest.approx(1.0)
    whole = compared.median(compared.comparison.pairs[0], "last_randomised")
    assert rows["whole"].iloc[0] == whole["difference"]
    month, v = 30.4375, {(0, 0): 44 / 3, (1, 0): 22 / 3, (0, 1): 44 / 6, (1, 1): 22 / 6}
    target = month * ((v[1, 0] - v[0, 0]) + (v[1, 1] - v[0, 1])) / 2
    rate = month * ((v[0, 1] - v[0, 0]) + (v[1, 1] - v[1, 0])) / 2
    for part, expected in (("trial.target", target), ("sites.s.referrals_per_month", rate)):
        low, high = rows.loc[part, "difference_low"], rows.loc[part, "difference_high"]
        width = high - low
        assert low - width / 2 < expected < high + width / 2, (part, expected, low, high)
    assert (tmp_path / "out" / "shares.csv").is_file()


def test_the_slide_has_inputs_then_outputs_then_shares(tmp_path: Path) -> None:
    """Its lines name the changes, its bars are those of the tables, and the shares sum to the first bar."""
    costs = {"costs": {"currency": "USD", "site_month": 100.0}}
    one = simplest_file(tmp_path, "one", trial={"target": 30, "planned": {"primary_completion": "2021-02-01"}}, **costs)
    faster = {"sites": {"s": {"referrals_per_month": 6.0, "activation_delay_days": 200}}}
    two = simplest_file(
        tmp_path, "two", **faster, trial={"target": 30, "planned": {"primary_completion": "2021-02-01"}}, **costs
    )
    compared = compare_in_folder([one, two], replications=96, out=tmp_path / "out", shares=True, execution=ALONE)
    pair = compared.comparison.pairs[0]
    inputs, *bars = slide(compared, pair).figure.to_dict()["data"]
    assert inputs["text"] == [
        "S, referrals per month: 3 → <b>6</b>",
        "S, time from start-up to activation: 0 → <b>200</b>",
    ]
    assert inputs["meta"]["narrow"][0] == "S, referrals per month: 3 → <b>6</b>"
    days, odds, cost, shares = bars[::2]
    last = compared.median(pair, "last_randomised")["difference"]
    assert days["x"][0] == pytest.approx(last, abs=1e-3)
    gain = compared.tables["odds"].set_index("event").loc["primary_completion", "difference"]
    assert odds["x"][0] == pytest.approx(100 * gain, abs=1e-3)
    assert sum(shares["x"]) == pytest.approx(last, abs=0.01)
    assert [(x > 0, colour) for x, colour in zip(shares["x"], shares["marker"]["color"], strict=True)] == [
        (True, LATER),  # the later start, and the faster rate
        (False, EARLIER),
    ]
    assert (days["x"][0] < 0) == (days["marker"]["color"][0] == EARLIER)
    assert (odds["x"][0] > 0) == (odds["marker"]["color"][0] == EARLIER)
    assert cost["x"] == pytest.approx(
        [compared.tables["measures"].set_index("measure").loc["cost", "difference"]], abs=0.01
    )
    assert "shares" not in slide(Compared(compared.comparison), pair).source


def test_a_default_written_out_is_no_change(tmp_path: Path) -> None:
    """What a group says is compared with what holds for the other's, whether that one says it or not."""
    short = simplest_file(
        tmp_path, "short", sites={"s": {"referrals_per_month": 3.0}}, site_defaults={"coordinators": 2}
    )
    written = {"s": {"referrals_per_month": 3.0, "count": 1, "coordinators": 2, "lead_days": 0}}
    long = simplest_file(tmp_path, "long", sites=written, site_defaults={"coordinators": 2})
    more = simplest_file(tmp_path, "more", sites={"s": {"referrals_per_month": 3.0, "coordinators": 3}})
    assert differences(load(short), load(long)) == []
    assert differences(load(long), load(more))[-1] == ("sites.s.coordinators", "2", "3")
    assert differences(load(more), load(short))[-1] == ("sites.s.coordinators", "3", "2")
    unknown = {"never_enrols": {"uncertain": "beta", "mean": 0.1, "n": 20}}
    shared = simplest_file(tmp_path, "shared", sites={"s": {"referrals_per_month": 3.0}}, site_defaults=unknown)
    own = simplest_file(tmp_path, "own", sites={"s": {"referrals_per_month": 3.0} | unknown}, site_defaults=unknown)
    assert [path for path, *_ in differences(load(shared), load(own))] == ["sites.s.never_enrols"]  # a draw of its own


def test_changes_that_need_each_other_are_one(tmp_path: Path) -> None:
    """An allocation and the block sizes that fit it cannot be changed one without the other: there is no share."""
    from sim.experiment.comparison.attribution import ALONE, SHAPLEY, attribution
    from sim.experiment.comparison.sides import Pair
    from sim.experiment.comparison.sources import Side
    from sim.scenario.load import load

    def pair(other: str) -> Pair:
        a, b = (Side(name, load(ROOT / "scenarios" / f"{name}.yaml"), None) for name in ("base", other))  # type: ignore[arg-type]
        return Pair(a, b, 1)

    assert attribution(pair("one-to-one")) is None
    assert attribution(pair("two-more-sites")) is None
    orders = attribution(pair("early-dropout"))
    assert orders is not None
    assert orders.method == SHAPLEY
    assert orders.parts[1] == "follow_up.leaving.withdrawal (2 changes)"
    alone = attribution(pair("covid-2020"))
    assert alone is not None
    assert (alone.method, alone.parts[-1]) == (ALONE, "together")
    for found in (orders, alone):
        total = found.weights().sum(axis=0)
        assert total[0] == pytest.approx(-1.0)
        assert total[-1] == pytest.approx(1.0)
        assert np.allclose(total[1:-1], 0.0)

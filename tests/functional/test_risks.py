"""Discrete risks: how often they strike, what they delay, and what each costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, scenario_of, simplest_file

from sim.analysis.measures import measures
from sim.analysis.risk_table import risk_table
from sim.analysis.tables import replication_table
from sim.core import events as e
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.events import KIND, SITE, TIME
from sim.core.observed import KnownSite, ObservedState
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

STEPS: dict[str, Any] = {
    "regulator": {"days": {"dist": "gamma", "mean": 60, "cv": 0.4}, "each": "country"},
    "contract": {"days": {"dist": "gamma", "mean": 40, "cv": 0.4}, "after": "regulator"},
}
SITES: dict[str, Any] = {
    "de": {"count": 2, "country": "DE", "referrals_per_month": 6.0},
    "fr": {"count": 2, "country": "FR", "referrals_per_month": 6.0},
}
FILE = {"probability": 0.3, "days": 45, "step": "regulator", "country": "DE"}


def of(risks: dict[str, Any], **changes: Any) -> Scenario:
    return scenario_of(**{"site_defaults": {"start_up": STEPS}, "sites": SITES, "risks": risks} | changes)


def activations(made: Scenario, n: int = 400, **state: Any) -> np.ndarray:
    """(sites, replications): two sites of each country."""
    design = Design(made)
    batch = Batch(design, 5, 0, n, **state)
    return np.concatenate([batch.sites(group)[1] for group in design.groups])


def test_a_step_takes_longer_with_its_probability_and_by_its_days() -> None:
    """In the mean, activation of that country is later by probability times impact; elsewhere nothing changes."""
    n = 3000
    later = activations(of({"file": FILE}), n) - activations(of({}), n)
    assert np.all(later[2:] == 0)
    assert np.array_equal(later[0] > 0, later[1] > 0), "sites that share the step share what strikes it"
    assert np.all((later[0] == 0) | np.isclose(later[0], 45))
    assert abs(np.mean(later[0] > 0) - 0.3) < 4 * np.sqrt(0.3 * 0.7 / n)
    assert abs(later[0].mean() - 0.3 * 45) < 4 * 45 * np.sqrt(0.3 * 0.7 / n)


def test_activation_comes_later_by_a_draw_of_the_days() -> None:
    """Of any site, one that opens on a date among them; impacts of two risks add up where both strike."""
    days = {"dist": "uniform", "low": 10, "high": 50}
    risks = {"a": {"probability": 0.5, "days": days}, "b": {"probability": 0.4, "days": 7}}
    sites = {"s": {"referrals_per_month": 1.0, "opens": "2020-03-01"}}
    n = 4000
    later = activations(of(risks, site_defaults={}, sites=sites), n)[0] - 60
    assert abs(later.mean() - (0.5 * 30 + 0.4 * 7)) < 4 * later.std() / np.sqrt(n)
    assert abs(np.mean(later == 0) - 0.3) < 4 * np.sqrt(0.21 / n)
    assert later.max() > 50


def test_nobody_comes_while_recruitment_is_closed_and_the_rest_comes_later() -> None:
    """With one Poisson process, all that comes after the closure is as much later as it lasted: mean p x days."""
    closed = {"probability": 0.4, "days": 30, "delays": "recruitment", "from": "2020-03-01", "to": "2020-04-30"}
    one = {"s": {"referrals_per_month": 10.0}}
    made = of({"flu": closed}, site_defaults={}, sites=one, trial={"target": 100})
    n = 200
    plain, struck = Simulated(of({}, site_defaults={}, sites=one, trial={"target": 100}), n), Simulated(made, n)
    later = struck["day_last_randomised"] - plain["day_last_randomised"]
    assert np.allclose(later, 30 * struck["n_struck_flu"], atol=1e-6)
    assert abs(struck["n_struck_flu"].mean() - 0.4) < 4 * np.sqrt(0.24 / n)
    days = []
    for replication in range(20):
        rows = replicate(struck.design, 7, replication).table()
        begun, over = (rows[rows[:, KIND] == kind, TIME] for kind in (e.RISK_STRUCK, e.RISK_OVER))
        days += begun.tolist()
        for start, end in zip(begun, over, strict=True):
            referred = rows[rows[:, KIND] == e.REFERRED, TIME]
            assert end - start == pytest.approx(30)
            assert not np.any((referred > start) & (referred < end))
    assert min(days) >= 60
    assert max(days) < 121


def test_a_closure_holds_for_the_sites_that_it_names() -> None:
    """Sites of another country refer while those of this one do not."""
    closed = {"probability": 1, "days": 200, "delays": "recruitment", "from": "2020-06-01", "country": "DE"}
    rows = replicate(Design(of({"law": closed}, trial={"target": 150})), 7, 0).table()
    inside = rows[(rows[:, KIND] == e.REFERRED) & (rows[:, TIME] > 153) & (rows[:, TIME] < 352)]
    assert set(inside[:, SITE].tolist()) == {2.0, 3.0}
    told = "\n".join(story(Design(of({"law": closed})), rows))
    assert "Law strikes: no site of DE looks at referrals for 200 days." in told
    assert "Law is over: sites look at referrals again." in told


def test_what_strikes_is_told_when_the_delayed_would_have_been_over() -> None:
    """The log has it before the step that it delays is over, by as many days as it costs."""
    made = of({"file": FILE | {"probability": 1}})
    rows = replicate(Design(made), 7, 0).table()
    (struck,) = rows[rows[:, KIND] == e.RISK_STRUCK]
    regulator = Design(made).start_up.index("regulator")
    number = Design(made).step_places.index("country DE")
    done = rows[(rows[:, KIND] == e.STEP_DONE) & (rows[:, 5] == regulator) & (rows[:, 4] == number), TIME].item()
    assert done == pytest.approx(struck[TIME] + 45)
    assert "File strikes: regulator in DE takes 45 days longer." in "\n".join(story(Design(made), rows))


def _of_opened(risk: dict[str, Any], steps: dict[str, Any] | None = None, n: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Days of (activation of the site that an amendment opens on day 100, all strikes) over n trials; NaN for none."""
    sites = {"a": {"referrals_per_month": 5.0, "country": "DE"}, "b": {"referrals_per_month": 5.0, "country": "DE"}}
    rules = {"more": {"on": "2020-04-10", "opens": "b"}}
    settings = {"start_up": steps} if steps else {"activation_delay_days": 20.0}
    design = Design(of({"r": risk}, sites=sites, site_defaults=settings, amendments=rules, trial={"target": 80}))
    days = []
    for replication in range(n):
        rows = replicate(design, 3, replication).table()
        is_of_b = (rows[:, KIND] == e.SITE_ACTIVATED) & (rows[:, SITE] == 1)
        struck = rows[rows[:, KIND] == e.RISK_STRUCK, TIME]
        assert len(struck) <= 1, "it strikes once"
        days.append((rows[is_of_b, TIME].item(), struck.item() if len(struck) else np.nan))
    activated, struck = np.array(days).T
    return activated, struck


def test_sites_that_an_amendment_opens_are_delayed_like_others() -> None:
    """The whole of start-up, or a step of theirs; the log says when what is delayed would have been over."""
    own = {"probability": 1, "days": 45, "groups": "b"}
    assert [days.tolist() for days in _of_opened(own)] == [[165.0], [120.0]]
    steps = {"ethics": {"days": 30.0, "each": "country"}, "contract": {"days": 10.0, "after": "ethics"}}
    assert [days.tolist() for days in _of_opened(own | {"step": "contract"}, steps)] == [[155.0], [110.0]]
    assert [days.tolist() for days in _of_opened(own, steps)] == [[155.0], [110.0]]


def test_a_risk_that_struck_the_first_sites_is_told_once_and_what_is_over_is_not_done_again() -> None:
    """Both sites have the delay of their own step; of a step shared by country only the first had to wait for it."""
    steps = {"ethics": {"days": 30.0, "each": "country"}, "contract": {"days": 10.0, "after": "ethics"}}
    both = {"probability": 1, "days": 45}
    assert [days.tolist() for days in _of_opened(both | {"step": "contract"}, steps)] == [[155.0], [40.0]]
    assert [days.tolist() for days in _of_opened(both | {"step": "ethics"}, steps)] == [[110.0], [30.0]]


def test_opened_sites_are_delayed_as_often_as_the_risk_strikes() -> None:
    n = 300
    activated, struck = _of_opened({"probability": 0.3, "days": 45, "groups": "b"}, n=n)
    assert np.array_equal(activated > 120, ~np.isnan(struck))
    assert abs(activated.mean() - (120 + 0.3 * 45)) < 4 * 45 * np.sqrt(0.21 / n)


def test_a_risk_more_moves_no_other_draw_and_one_that_never_strikes_changes_nothing() -> None:
    """Its draws have places of their own."""
    plain = replicate(Design(load_scenario("base")), 1, 0).table()
    idle = {"a": {"probability": 0, "days": 100}, "b": {"probability": 0, "days": 9, "delays": "recruitment"}}
    idle["b"]["from"] = "2020-01-01"
    with_risks = load_scenario("base", [f"risks={idle}".replace("'", '"')])
    assert np.array_equal(plain, replicate(Design(with_risks), 1, 0).table())
    alone, both = (activations(of(risks)) for risks in ({"file": FILE}, {"a": idle["a"], "file": FILE}))
    assert np.array_equal(alone, both)


def test_a_risk_is_a_cause_and_its_table_says_what_it_costs() -> None:
    """Without it nothing strikes; start-up taken away takes the risks to it away, and leaves those to recruitment."""
    closed = {"probability": 0.4, "days": 30, "delays": "recruitment", "from": "2020-03-01"}
    made = of({"file": FILE, "flu": closed})
    causes = {cause.name: cause for cause in causes_of_delay(made)}
    assert set(causes["risks.file"].scenario.risks) == {"flu"}
    assert set(causes["start_up"].scenario.risks) == {"flu"}
    assert not causes["together"].scenario.risks
    found = Simulated(made, 40)
    frame = replication_table(measures(found.design), 0, found.chunk.values).to_pandas()
    table = risk_table(found.design, frame)
    assert table.loc["file", "share"] == pytest.approx(found["n_struck_file"].mean())
    assert table.loc["file", "days"] == 45
    assert np.isnan(table.loc["file", "lost"])


def test_a_forecast_knows_what_is_past() -> None:
    """No open site is delayed; a closure that cannot come any more does not; one that may still comes less often."""
    risks = {
        "late": {"probability": 1, "days": 25},
        "past": {"probability": 1, "days": 10, "delays": "recruitment", "from": "2020-01-10", "to": "2020-01-20"},
        "half": {"probability": 0.5, "days": 10, "delays": "recruitment", "from": "2020-01-31", "to": "2020-05-09"},
    }
    made, n = of(risks), 3000
    observed = ObservedState(80.0, {("de", 0): KnownSite(activated=40.0), ("de", 1): KnownSite(planned=100.0)})
    days = activations(made, n, observed=observed)
    assert np.all(days[0] == 40)
    assert np.all(days[1] == 125)
    assert np.all(days[2:] > 80 + 25)
    found = Batch(Design(made), 5, 0, n, observed=observed).risks
    names = [risk.name for risk in Design(made).risks]
    assert not found.struck[names.index("past")].any()
    half = names.index("half")
    p = 0.5 * 0.5 / (0.5 + 0.5 * 0.5)  # half of its days are over, and it has not struck
    assert abs(found.struck[half].mean() - p) < 4 * np.sqrt(p * (1 - p) / n)
    assert found.starts[half].min() >= 80


@pytest.mark.parametrize(
    ("risk", "said"),
    [
        ({"step": "regulatr", "country": "DE"}, "did you mean 'regulator'"),
        ({"country": "ES"}, "no site group is in this country"),
        ({"groups": "dee"}, "did you mean 'de'"),
        ({"step": "regulator", "groups": "de"}, None),
        ({"probability": 1.5}, "risks.r.probability"),
        ({"days": -4}, "risks.r.days"),
        ({"days": 0}, "a risk of 0 days changes nothing"),
        ({"delays": "recruitment"}, "needs 'from'"),
        ({"from": "2020-02-01"}, "'from' and 'to' are of a risk to recruitment"),
        ({"delays": "recruitment", "step": "contract", "from": "2020-02-01"}, "delays no step"),
        ({"delays": "recruitment", "from": "2020-02-01", "to": "2020-01-01"}, "must not be after"),
        ({"delays": "recruitment", "from": "2120-02-01"}, "would never strike"),
        ({"delays": "recruitment", "from": "2019-02-01"}, "would change nothing"),
        ({"country": "DE", "groups": "de"}, "write groups or country, not both"),
    ],
)
def test_what_risks_may_not_say_is_refused(risk: dict[str, Any], said: str | None) -> None:
    """One message each, with the path, and the nearest valid name where one is wrong."""
    full = {"probability": 0.5, "days": 10} | risk
    if said is None:
        of({"r": full})
        return
    with pytest.raises(ScenarioError) as raised:
        of({"r": full})
    assert said in str(raised.value)
    assert len(raised.value.problems) == 1


def test_a_shared_step_cannot_be_late_at_some_of_its_sites() -> None:
    """The regulator of a country decides once, for both of its groups."""
    sites = SITES | {"de_too": {"country": "DE", "referrals_per_month": 1.0}}
    with pytest.raises(ScenarioError, match="once for each country, and cannot be later at de and not at de_too"):
        of({"r": {"probability": 0.5, "days": 10, "step": "regulator", "groups": "de"}}, sites=sites)


def test_a_run_tells_how_often_risks_strike(tmp_path: Path) -> None:
    """On the console and in the page, with the days that each adds."""
    risks = {"file": FILE, "never": {"probability": 0, "days": 5}}
    file = simplest_file(
        tmp_path, "risky", sites=SITES, site_defaults={"start_up": STEPS}, risks=risks, trial={"target": 20}
    )
    out = call("run", file, "-n", 32, "-w", 1, "--out", tmp_path / "r")
    assert out.code == 0, out
    assert "Risk file: probability 0.3, 45 days more of regulator in DE; strikes in" in out.out
    assert "and then adds 45.0 ±0.0 days" in out.out
    page = (tmp_path / "r" / "report.html").read_text()
    assert "Risks in the simulated trials" in page
    assert "never struck" in page

"""Rules and measures from Python files of a person's own: what they do, and that nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, scenario_of, simplest_file

import sim
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import KINDS, RANDOMISED, SCREENING_STARTED, SITE_ACTIVATED
from sim.errors import InputError, ResultsError
from sim.experiment.execution import ALONE, Execution
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.experiment.run.start import extend, run_in_folder
from sim.report.run.page import page
from sim.scenario.load import load_scenario, loaded
from sim.scenario.schema import Scenario

HEAD = "from sim.extension import Extension, Measure, Parameter\n"
DRAWS = """
class Draws(Extension):
    name = "draws"
    parameters = {"each": Parameter("Varies.", default=1)}
    def begin(self, trial):
        trial.start(self.go(trial))
    def go(self, trial):
        for n in range(200):
            yield n
            for site in trial.sites:
                trial.uniform("something", site, n), trial.uniform("something", n=n), trial.value("each", site, n)
"""
LEAVES = """
class Leaves(Extension):
    name = "leaves"
    parameters = {"p": Parameter("Chance of leaving on day 30.", low=0, high=1)}
    listens_to = ["participant.randomised"]
    def heard(self, trial, event):
        assert trial.now == event.day
        someone = trial.participants[-1]
        assert (someone.site.index, someone.patient) == (event.site, event.patient)
        trial.start(self.go(trial, someone))
    def go(self, trial, someone):
        yield trial.now + 30
        if trial.uniform("leaves", someone.site, someone.patient) < trial.value("p"):
            trial.withdraw(someone, "deviation")
"""


@pytest.fixture
def written(tmp_path: Path) -> object:
    """Writes the file of an extension."""

    def write(text: str, name: str = "mine.py") -> str:
        path = tmp_path / name
        path.write_text(HEAD + text, encoding="utf-8")
        return str(path)

    return write


def quiet(scenario: Scenario, **parameters: object) -> Scenario:
    """A scenario with the example rule, and parameters of it."""
    found = loaded(scenario).scenario if not parameters else scenario
    with sim_extensions("quiet_start"):
        data = json.loads(found.model_dump_json(by_alias=True)) | {
            "extensions": {"quiet_start": {"parameters": parameters}}
        }
        return loaded(data).scenario


def sim_extensions(*given: str) -> object:
    from sim.scenario.extension_files import extensions_given

    return extensions_given(given)


def test_a_site_that_screens_nobody_at_first() -> None:
    """Nobody's screening starts in the first days; those who came meanwhile all start when they are over.

    Arrivals are a Poisson process of rate r, everybody consents and passes at once. So somebody is randomised in the
    very instant in which the rule ends with probability 1 - exp(-14 r), and as many as came in 14 days on average.
    """
    a_month, n = 3.0, 600
    scenario = quiet(scenario_of(trial={"target": 400, "horizon_months": 1}), days=14.0)
    of_all = Simulated(scenario, n)
    rate = a_month / MONTH_DAYS * 14
    first = of_all["day_first_randomised"]
    assert np.nanmin(first) == 14.0
    p = 1 - np.exp(-rate)
    assert np.mean(first == 14.0) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n))
    assert of_all.n_by(14.0).mean() == pytest.approx(rate, abs=4 * np.sqrt(rate / n))
    assert (of_all["quiet_start.last_site_screens_day"] == 14.0).all()
    rows = replicate(Design(scenario), 7, 0).table()
    opens = rows[rows[:, 1] == SITE_ACTIVATED][0, 0]
    assert rows[rows[:, 1] == SCREENING_STARTED][:, 0].min() >= opens + 14


def test_what_only_draws_changes_nothing(written) -> None:
    """An extension that draws and does nothing leaves every event of base as it was, and every measure."""
    base, more = load_scenario("base"), load_scenario("base", extensions=written(DRAWS))
    assert np.array_equal(replicate(Design(base), 1, 3).table(), replicate(Design(more), 1, 3).table())
    alone, beside = Simulated(base, 3), Simulated(more, 3)
    np.testing.assert_array_equal(alone.chunk.values, beside.chunk.values)


def test_a_rule_that_never_acts_adds_its_events_and_nothing_else() -> None:
    """With 0 days the rule only writes down that it is over; all else of base's log is as it was."""
    overrides = ["extensions.quiet_start.parameters.days=0"]
    more = Design(load_scenario("base", overrides, ["quiet_start"]))
    rows = replicate(more, 1, 0).table()
    assert [kind.name for kind in more.kinds[len(KINDS) :]] == ["quiet_start.over"]
    own = rows[:, 1] >= len(KINDS)
    assert own.sum() == more.n_sites
    assert np.array_equal(rows[~own], replicate(Design(load_scenario("base")), 1, 0).table())


def test_participants_leave_by_a_rule(written) -> None:
    """Each leaves on day 30 with the probability that the scenario gives, by a way of the scenario, and not before."""
    follow_up = {"visit_weeks": [26], "primary_endpoint_week": 26, "leaving": {"deviation": {"26": 1e-9}}}
    scenario = scenario_of(trial={"target": 40}, follow_up=follow_up)
    with sim_extensions(written(LEAVES)):
        data = json.loads(scenario.model_dump_json(by_alias=True)) | {
            "extensions": {"leaves": {"parameters": {"p": 0.3}}}
        }
        with_rule = loaded(data).scenario
    of_all = Simulated(with_rule, 50, keep=50)
    n, left = of_all["n_randomised"].sum(), of_all["n_left_deviation"].sum()
    assert left / n == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / n))
    assert (of_all["n_completed"] + of_all["n_left_deviation"] == of_all["n_randomised"]).all()
    rows = of_all.chunk.kept[0]
    names = [kind.name for kind in of_all.design.kinds]
    randomised = {(row[2], row[3]): row[0] for row in rows[rows[:, 1] == RANDOMISED]}
    gone = rows[rows[:, 1] == names.index("participant.left")]
    assert all(row[0] == randomised[row[2], row[3]] + 30 for row in gone)


def test_the_same_bytes_whoever_simulates(tmp_path: Path) -> None:
    """One process or two, given by file: the tables of a run are the same bytes, and its folder says which file."""
    scenario = load_scenario("classroom", extensions=["quiet_start", "longest_screening"])
    one, two = (
        run_in_folder(scenario, replications=100, out=tmp_path / f"w{n}", execution=Execution(workers=n))
        for n in (1, 2)
    )
    for name in ("replications.parquet", "events.parquet", "summary.csv"):
        assert (one.path / name).read_bytes() == (two.path / name).read_bytes()
    said = one.manifest["run"]["scenario"]["extensions"]["quiet_start"]
    assert said["parameters"] == {"days": 14.0}
    assert len(said["sha256"]) == 64
    assert one.replications["longest_screening.days"].notna().all()


def test_another_code_is_another_run(tmp_path: Path, written, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is not gone on with by a file that was changed, nor without one; its listing says what it needs."""
    monkeypatch.setattr("sim.scenario.extension_files._FILES", {})
    text = (
        'class Mine(Extension):\n    name = "mine"\n    measures = {"x": Measure("x", "days")}\n'
        '    def measure(self, happened):\n        return {"x": 1.0}\n'
    )
    scenario = load_scenario("classroom", extensions=[written(text)])
    run_in_folder(scenario, replications=20, out=tmp_path / "run", execution=ALONE)
    monkeypatch.setattr("sim.scenario.extension_files._FILES", {})
    with pytest.raises(ResultsError, match="needs its Python file: give it by --extension"):
        extend(tmp_path / "run", 30)
    listed = call("results", "--in", tmp_path, "--json")
    assert json.loads(listed.out)[0]["status"] == "finished"
    assert "--extension" in json.loads(listed.out)[0]["notes"][0]
    changed = call("run", "--extend", tmp_path / "run", "-n", 30, "--extension", written(text.replace("1.0", "2.0")))
    assert changed.code == 2
    assert "the file was changed since" in changed.err
    same = call(
        "run", "--extend", tmp_path / "run", "-n", 30, "--no-report", "--no-causes", "--extension", written(text)
    )
    assert same.code == 0
    assert len(sim.open_results(tmp_path / "run").replications) == 30


def test_a_scenario_brings_no_code(tmp_path: Path) -> None:
    """A file that names an extension is refused until a person gives the Python file; then it has its parameters."""
    file = simplest_file(tmp_path, "named", extensions={"quiet_start": {"parameters": {"days": 3}}})
    refused = call("validate", file)
    assert refused.code == 2
    assert "extensions.quiet_start: needs its Python file: give it by --extension FILE" in refused.err
    assert call("validate", file, "--extension", "quiet_start").code == 0
    assert load_scenario(file, extensions="quiet_start").extensions["quiet_start"].parameters == {"days": 3}
    off = simplest_file(tmp_path, "off", extensions={"quiet_start": False})
    assert not load_scenario(off, extensions="quiet_start").extensions
    pinned = simplest_file(tmp_path, "pinned", extensions={"quiet_start": {"sha256": "0" * 64}})
    with pytest.raises(InputError, match="is not as it is in"):
        Design(load_scenario(pinned, extensions="quiet_start"))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("dys=3", "'quiet_start' has no such parameter; did you mean 'days'?"),
        ("days=-1", "must be at least 0 days (got -1)"),
        ("days=400", "must be at most 365 days (got 400)"),
        ("days={dist: uniform, low: 300, high: 400}", "must be at most 365 days"),
        ("days=soon", "must be a number"),
    ],
)
def test_a_parameter_that_is_wrong(path: str, said: str) -> None:
    """One message with the path, and what the extension allows."""
    found = call("validate", "base", "--extension", "quiet_start", "--set", f"extensions.quiet_start.parameters.{path}")
    assert found.code == 2
    assert found.message.startswith("--set: extensions.quiet_start.parameters.")
    assert said in found.message
    assert len(found.message.splitlines()) == 1


def test_parameters_that_vary() -> None:
    """An uncertain parameter is one number a trial, and a value_ column; one with `dist` differs between sites."""
    path = "extensions.quiet_start.parameters.days"
    sites = {"s": {"count": 3, "referrals_per_month": 3.0}}
    unsure = quiet(scenario_of(trial={"target": 5}, sites=sites), days={"uncertain": "uniform", "low": 5, "high": 9})
    of_all = Simulated(unsure, 20)
    drawn = of_all[f"value_{path}"]
    assert drawn.std() > 0
    assert ((drawn >= 5) & (drawn <= 9)).all()
    np.testing.assert_array_equal(of_all["quiet_start.last_site_screens_day"], drawn)
    varying = Design(quiet(scenario_of(sites=sites), days={"dist": "uniform", "low": 5, "high": 9}))
    rows = replicate(varying, 7, 0).table()
    assert len(set(rows[rows[:, 1] == len(KINDS)][:, 0])) == 3


def _with_a_process(body: str) -> str:
    return (
        'class Bad(Extension):\n    name = "bad"\n    def begin(self, trial):\n        trial.start(self.go(trial))\n'
        f"    def go(self, trial):\n        yield 1\n        {body}\n"
    )


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (_with_a_process("1 / 0"), 8, "ZeroDivisionError"),
        (_with_a_process('yield "x"'), 8, "yield a day (a number) or a SimPy event, not 'x'"),
        (_with_a_process('trial.record("nothing")'), 8, "nothing"),
        (_with_a_process('trial.value("nothing")'), 8, "nothing"),
        (_with_a_process('trial.withdraw(trial.participants[0], "x")'), 8, "IndexError"),
        (_with_a_process("yield 1 +"), 8, "is not Python"),
        ('raise ValueError("at once")\n', 2, "ValueError: at once"),
        ('class Bad(Extension):\n    name = "Bad name"\n', 2, "needs a 'name'"),
        ('class Bad(Extension):\n    name = "bad"\n    measures = {"x": 1}\n', 2, "must have a Measure for 'x'"),
        ("x = 1\n", None, "has no extension"),
    ],
)
def test_a_broken_extension(written, text: str, line: int | None, said: str) -> None:
    """One message with the file and its line, and exit code 2."""
    file = written(text, "bad.py")
    found = call("trace", "classroom", "--extension", file)
    assert found.code == 2
    assert len(found.message.splitlines()) == 1
    assert found.message.startswith(f"{file}:{line}: " if line else f"{file}: ")
    assert said in found.message


def test_a_broken_extension_in_workers(written, tmp_path: Path) -> None:
    """What fails in a worker process is told in the same way, and is no failed replication."""
    file = written(_with_a_process("1 / 0"), "bad.py")
    found = call("run", "classroom", "--extension", file, "-n", 100, "--workers", 2, "--out", tmp_path / "run")
    assert (found.code, found.message) == (2, f"{file}:8: ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('    listens_to = ["visit.done"]\n', "cannot be heard"),
        ('    listens_to = ["participant.randomized"]\n', "did you mean 'participant.randomised'?"),
        ('    measures = {"x": Measure("x", "days")}\n', "must give a value for each of its measures"),
    ],
)
def test_an_extension_that_asks_for_what_there_is_not(written, text: str, said: str) -> None:
    """Refused before a number is shown, with the valid name."""
    file = written(f'class Bad(Extension):\n    name = "bad"\n{text}')
    with pytest.raises(InputError, match=r"extensions\.bad") as caught:
        Simulated(load_scenario("classroom", extensions=file), 1)
    assert said in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The nearest file of the folder is named."""
    (tmp_path / "quiet_rule.py").write_text("")
    found = call("validate", "base", "--extension", tmp_path / "quiet_rul.py")
    assert found.code == 2
    assert "did you mean" in found.message
    assert "quiet_rule.py" in found.message


def test_an_extension_is_a_cause_of_delay() -> None:
    """A rule can be taken away, and what that gains is measured; a measure delays nothing."""
    scenario = load_scenario("base", extensions=["quiet_start", "longest_screening"])
    found = {cause.name: cause.scenario for cause in causes_of_delay(scenario)}
    assert set(found["extensions.quiet_start"].extensions) == {"longest_screening"}
    assert "extensions.longest_screening" not in found


def test_measures_of_extensions_are_told(tmp_path: Path) -> None:
    """A measure is a column, a row of the summary, and stands in the report with its error; so does a declared one."""
    scenario = load_scenario("base", extensions="longest_screening")
    results = run_in_folder(scenario, replications=30, out=tmp_path / "run", execution=ALONE)
    values = results.replications["longest_screening.days"]
    summary = (results.path / "summary.csv").read_text()
    assert f"longest_screening.days,days,30,{values.isna().sum()},{values.mean():.6g}" in summary
    shown = page(results)
    own = shown[shown.index('<section id="own"') : shown.index('<section id="assumptions"')]
    assert f"{values.mean():.1f}" in own
    who = shown[shown.index('<section id="who"') : shown.index('<section id="sites"')]
    assert "consent_to_randomisation_days" in who


def test_a_command_with_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`compare` of a scenario with itself, in one of them the extension switched off: the difference is the rule's."""
    monkeypatch.chdir(tmp_path)
    found = call(
        "compare", "classroom", "classroom", "--set", "1:extensions.quiet_start=off", "--set",
        "2:extensions.quiet_start.parameters.days=200", "--extension", "quiet_start", "-n", 12, "--json", "--no-report",
    )  # fmt: skip
    assert found.code == 0, found.err
    assert not found.err
    document = json.loads(found.out)
    assert "extensions" in json.dumps(document)


def test_the_api_takes_extensions(tmp_path: Path) -> None:
    """A file, a class of a module or a module; and they take part in no later call."""
    how = {"report": False, "causes": False, "workers": 1}
    run = sim.run("classroom", replications=20, extensions=["quiet_start"], out=tmp_path / "a", **how)
    assert "quiet_start.last_site_screens_day" in run.replications
    plain = sim.run("classroom", replications=20, out=tmp_path / "b", **how)
    assert "quiet_start.last_site_screens_day" not in plain.replications


def test_an_object_stands_for_its_file(written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A module, its name, or a class of it is the file that it is written in; one of no file is refused."""
    written(DRAWS, "my_rules.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    import my_rules  # type: ignore[import-not-found]

    each = [load_scenario("classroom", extensions=given) for given in (my_rules, my_rules.Draws, "my_rules")]
    assert each[0] == each[1] == each[2]
    assert set(each[0].extensions) == {"draws"}
    own = type("Own", (my_rules.Draws,), {"__module__": "__main__"})
    with pytest.raises(InputError, match="write it into a file of its own"):
        load_scenario("classroom", extensions=own)

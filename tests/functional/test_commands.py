"""Every command, as a person calls it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest
import yaml
from command_line import call
from conftest import ROOT

from sim.experiment.run.results import Results
from sim.scenario.json_schema import scenario_schema
from sim.version import __version__

SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
COMMANDS = ("run", "validate", "show", "diff", "schema", "new", "trace", "replay")
HEAVY = ("pandas", "pyarrow", "plotly", "scipy", "numpy", "simpy", "rich", "jinja2", "openpyxl", "distributed")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run of the base scenario. Tests do not change it."""
    out = tmp_path_factory.mktemp("commands") / "run"
    arguments = ("--set", "trial.target=12", "--set", "experiment.keep=3", "--seed", 11)
    assert call("run", "base", *arguments, "-n", 60, "-w", 1, "--no-report", "--out", out).code == 0
    return out


# --- starting


def imported_by(*arguments: str) -> set[str]:
    """Libraries that a command imports, in a process of its own."""
    code = (
        "import sys; from sim.cli import main; code = main(sys.argv[1:]); assert code == 0, code;"
        "print('|'.join({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split("|"))


@pytest.mark.parametrize(
    ("arguments", "also_not"),
    [
        (["--help"], ("pydantic", "yaml", "holidays")),
        (["run", "--help"], ("pydantic", "yaml", "holidays")),
        (["validate", "base"], ()),
        (["show", "base"], ()),
        (["diff", "base", "one-to-one"], ()),
        (["schema"], ()),
    ],
    ids=lambda value: " ".join(value),
)
def test_what_starts_at_once_imports_nothing_heavy(arguments: list[str], also_not: tuple[str, ...]) -> None:
    assert imported_by(*arguments) & {*HEAVY, *also_not} == set()


def test_help_lists_every_command_and_each_has_help_of_its_own() -> None:
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", call("--help").out, re.MULTILINE)
        outcome = call(name, "--help")
        assert outcome.code == 0
        assert outcome.out.startswith(f"Usage: trialclock {name}")


def test_version() -> None:
    assert call("--version").out == f"trialclock, version {__version__}\n"


def test_the_door_is_the_command(tmp_path: Path) -> None:
    """`python run_sim.py`, from another folder, with a bad name: the message and the exit code reach the shell."""
    done = subprocess.run(
        [sys.executable, ROOT / "run_sim.py", "validate", "bass"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "bass: there is no such scenario: did you mean 'base'?\n"


def test_alone_it_runs_the_base_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def noted(scenario: Any, **settings: Any) -> None:
        seen.update(settings, name=scenario.name)
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.api.run.run", noted)
    assert call().code == 130
    assert seen["name"] == "Registry plan"
    assert seen["replications"] is None


def test_output_cut_short_by_its_reader_is_no_error() -> None:
    command = f"{sys.executable} {ROOT / 'run_sim.py'} show base | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


# --- scenarios


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    """The schema that editors use; that it is one is tested once, below."""
    return jsonschema.Draft202012Validator(scenario_schema())


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_is_valid_and_fits_the_schema_that_editors_use(
    path: Path, schema: jsonschema.Draft202012Validator
) -> None:
    outcome = call("validate", path)
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith(f"{path} is valid: ")
    document = json.loads(json.dumps(yaml.load(path.read_text(), yaml.BaseLoader)))
    assert set(document) <= set(schema.schema["properties"])
    assert path.read_text().startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    schema.validate(_as_editors_read(path))


def _as_editors_read(path: Path) -> Any:
    """YAML as JSON: keys are text, dates are ISO text."""
    from sim.scenario.yaml_source import jsonable, read_file

    return jsonable(read_file(path).data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"trial": {"target": 0}},
        {"trial": {"tarfet": 45}},
        {"screening": {"consent": 1.5}},
        {"sites": {"a": {"count": "two"}}},
        {"screening": {"days": {"dist": "lognorml", "median": 3, "sigma": 1}}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_program_refuses(
    wrong: dict[str, Any], schema: jsonschema.Draft202012Validator
) -> None:
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(wrong)


def test_the_schema_allows_switching_off(schema: jsonschema.Draft202012Validator) -> None:
    schema.validate({"screening": {"criteria": {"meld": False}}, "extends": "base.yaml"})


def test_the_schema_in_the_repository_is_what_the_program_prints() -> None:
    printed = call("schema").out
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    assert (ROOT / "scenarios" / "scenario.schema.json").read_text() == printed


def test_validate_counts_what_a_set_changes() -> None:
    assert "sites: 5," in call("validate", "base", "--set", "sites.general_hospital.count=4").out


def test_validate_notes_numbers_without_a_source(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("name: t\nextends: base.yaml\nscreening: {consent: 0.5}\n")
    outcome = call("validate", path)
    assert outcome.code == 0
    assert outcome.err == f"note: {path}:3: screening.consent: this number has no entry in 'sources'\n"


def test_validate_counts_many_numbers_without_a_source_and_names_each_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        "name: t\nextends: base.yaml\nscreening: {consent: 0.5, patience_days: 6}\n"
        "cells: {suites: 3, failure: 0.1}\ntrial: {overrun: randomise}\n"
    )
    outcome = call("validate", path)
    assert outcome.code == 0
    assert outcome.err == (
        f"note: {path}: 4 numbers have no entry in 'sources' (--all names each): screening 2, cells 2\n"
    )
    lines = call("validate", path, "--all").err.splitlines()
    assert len(lines) == 4
    assert f"note: {path}:4: cells.suites: this number has no entry in 'sources'" in lines


def test_no_digit_of_a_value_is_lost_in_what_is_shown() -> None:
    out = call("show", "base", "--set", "cells.stock.start_cells=123456789.5", "--only", "cells.stock").out
    assert "123456789.5" in out


def test_show_says_where_each_value_comes_from() -> None:
    rows = {row["path"]: row for row in json.loads(call("show", "two-more-sites", "--json").out)}
    assert rows["sites.general_hospital.count"]["value"] == "4"
    assert rows["sites.general_hospital.count"]["origin"].startswith("two-more-sites.yaml:")
    assert rows["trial.target"]["origin"].startswith("base.yaml:")
    assert rows["trial.target"]["grade"] == "A"
    assert rows["randomisation.urn_start"]["origin"] == "default"
    line = int(rows["trial.target"]["origin"].partition(":")[2])
    assert (ROOT / "scenarios" / "base.yaml").read_text().splitlines()[line - 1].startswith("  target: 45")


def test_show_only_a_part_with_an_override() -> None:
    lines = call("show", "base", "--only", "screening.consent", "--set", "screening.consent=0.4").out.splitlines()
    assert len(lines) == 1
    assert lines[0].split() == ["screening.consent", "0.4", "(--set)", "[command", "line]"]


def test_diff_lists_what_differs_and_nothing_else() -> None:
    assert call("diff", "base", "two-more-sites").out == "sites.general_hospital.count: 2 -> 4\n"
    assert call("diff", "base", "base").out == "the two scenarios have the same values\n"


@pytest.mark.parametrize("base", [path.stem for path in SCENARIOS])
def test_new_makes_a_file_that_says_what_it_extends(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("new", "mine", "--from", base).code == 0
    assert call("validate", "mine.yaml").code == 0
    assert call("diff", base, "mine.yaml").out == "the two scenarios have the same values\n"


def test_what_new_comments_out_may_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the first '# ' of every line taken away, as an editor does, the file is valid and says the same."""
    monkeypatch.chdir(tmp_path)
    call("new", "mine", "--from", "base")
    lines = [re.sub("^# ?", "", line) for line in Path("mine.yaml").read_text().splitlines()]
    Path("mine.yaml").write_text("\n".join(lines) + "\n")
    assert {"trial:", "sources:"} <= set(lines)
    outcome = call("diff", "base", "mine.yaml")
    assert (outcome.code, outcome.out) == (0, "the two scenarios have the same values\n"), outcome


# --- answers


def test_run_prints_the_dates_first_each_with_its_error(finished: Path) -> None:
    arguments = ("--set", "trial.target=12", "--set", "experiment.keep=3", "--seed", 11)
    out = call("run", "base", *arguments, "-n", 60, "--no-report", "--out", finished).out
    lines = [line for line in out.splitlines() if line.strip()]
    assert lines[0].startswith("The last of the 12 participants is randomised by 20")
    table = next(i for i, line in enumerate(lines) if line.split()[:2] == ["P10", "days"])
    for line in lines[table + 1 : table + 13]:
        assert len(re.findall(r" \d{4}-\d\d-\d\d +-[\d?]+/\+[\d?]+", line)) == 4, line
    assert len({len(line.rstrip()) for line in lines[table : table + 13]}) == 1
    assert re.search(r"^Primary completion by 2021-10-01, as planned: .* % \(.* to .* %\)$", out, re.MULTILINE)
    assert re.search(r"^Target never reached by the horizon: ", out, re.MULTILINE)
    assert "\x1b" not in out
    told = "A mean trial costs "  # the terminal wraps what rules and costs say
    assert all(len(line) <= 120 for line in lines if not line.startswith(told))


def test_too_few_replications_are_said_to_be_too_few(tmp_path: Path) -> None:
    outcome = call("run", "base", "--set", "trial.target=5", "-n", 4, "-w", 1, "--no-report", "--out", tmp_path / "r")
    assert outcome.out.startswith(
        "Warning: 4 replications are too few to say how far off P10, P50, P80 and P90 may be; run more of them."
    )


def test_json_is_one_document_and_nothing_else(finished: Path) -> None:
    command = [sys.executable, ROOT / "run_sim.py", "run", "base", "--json", "--no-report", "-n", "60", "--seed", "11"]
    command += ["--set", "trial.target=12", "--set", "experiment.keep=3", "--out", finished]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout, parse_constant=pytest.fail)  # no NaN, no Infinity
    assert done.stderr == ""
    milestones = Results(finished).milestones()
    assert list(document["milestones"]) == list(milestones.index)
    for name, row in milestones.iterrows():
        for p in ("p10", "p50", "p80", "p90"):
            shown = document["milestones"][name][p]
            assert shown["value"]["day"] == row[p]
            low = None if row[f"{p}_low"] is None else row[f"{p}_low"]
            assert shown["low"]["day"] == low
    assert document["files"]["names"] == sorted(path.name for path in finished.iterdir())
    assert document["seed"] == 11
    assert sum(outcome["n"] for outcome in document["outcomes"].values()) == 60


NEVER = [
    pytest.param(["sites.national_liver_centre.referrals_per_month=0", "sites.general_hospital.referrals_per_month=0"],
                 "Not complete by the end of the simulated time: 100 %", id="rate 0"),
    pytest.param(["cells.failure=1", "cells.stock.start_cells=0"],
                 "Not complete by the end of the simulated time: 100 %", id="no cells"),
    pytest.param(["site_defaults.closes=2019-10-02"],
                 "Given up because every site had closed: 100 %", id="all sites closed"),
    pytest.param(["site_defaults.never_enrols=1"],
                 "Not complete by the end of the simulated time: 100 %", id="sites that never enrol"),
    pytest.param(["sites.national_liver_centre.count=0", "sites.general_hospital.count=0"],
                 "Given up because every site had closed: 100 %", id="no sites"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), NEVER)
def test_a_trial_that_can_never_fill_ends_and_says_so(changes: list[str], sentence: str, tmp_path: Path) -> None:
    overrides = [part for change in changes for part in ("--set", change)]
    out = tmp_path / "r"
    run = ("run", "base", *overrides, "-n", 6, "-w", 1, "--no-report", "--no-causes", "--out", out)
    outcome = call(*run)
    assert outcome.code == 0
    text = " ".join(outcome.out.split())
    assert "The 45 participants are reached in none of the simulated trials" in text
    assert "Target never reached by the horizon: 100 %" in text
    assert sentence in text
    document = json.loads(call(*run, "--json").out)
    assert document["probabilities"]["never_reached"]["probability"]["value"] == 1
    assert document["milestones"]["database_lock"]["p50"]["value"] == {"day": "never", "date": None}


# --- one trial


def test_trace_tells_one_trial_in_order_and_the_same_twice() -> None:
    arguments = ("trace", "base", "--set", "trial.target=5", "-k", 3, "--seed", 2)
    story = call(*arguments).out
    assert story == call(*arguments).out
    assert story != call(*arguments[:-1], 3).out
    days = [int(day) for day in re.findall(r"^Day (-?\d+),", story, re.MULTILINE)]
    assert days == sorted(days)
    assert len(re.findall(r"becomes participant", story)) >= 5


def test_trace_as_a_table_has_the_events_of_a_run(finished: Path) -> None:
    table = call("trace", "base", "--set", "trial.target=12", "--seed", 11, "-k", 2, "--format", "csv").out
    assert table == call("replay", finished, "-k", 2).out


def test_trace_of_one_participant_is_about_them_alone() -> None:
    whole = call("trace", "base", "--set", "trial.target=5").out.splitlines()
    one = call("trace", "base", "--set", "trial.target=5", "--participant", 2).out.splitlines()
    assert 0 < len(one) < len(whole) / 2


@pytest.mark.parametrize("replication", [0, 2])
def test_replay_is_what_the_run_kept_byte_for_byte(finished: Path, replication: int) -> None:
    outcome = call("replay", finished, "-k", replication)
    assert outcome.code == 0
    kept = pq.read_table(finished / "events.parquet", filters=[("replication", "=", replication)]).to_pandas()
    assert outcome.out == kept.to_csv(index=False, lineterminator="\n", float_format="%.17g")
    assert outcome.err == f"identical to the {len(kept)} events that the run kept\n"


def test_replay_of_a_replication_that_was_not_kept_agrees_with_its_measures(finished: Path) -> None:
    outcome = call("replay", finished, "-k", 41)
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    randomised = [float(row["day"]) for row in rows if row["event"] == "participant.randomised"]
    measured = Results(finished).replications.loc[41]
    assert outcome.err == ""
    assert randomised[-1] == measured["day_last_randomised"]
    assert len(randomised) == measured["n_randomised"]


def test_replay_to_a_file_writes_the_same(finished: Path, tmp_path: Path) -> None:
    assert call("replay", finished, "-k", 1, "--out", tmp_path / "one.csv").out == ""
    assert (tmp_path / "one.csv").read_text() == call("replay", finished, "-k", 1).out


def test_replay_as_a_story_is_that_of_trace(finished: Path) -> None:
    told = call("trace", "base", "--set", "trial.target=12", "--seed", 11, "-k", 1).out
    assert call("replay", finished, "-k", 1, "--format", "story").out == told


def test_replay_beyond_the_last_replication(finished: Path) -> None:
    outcome = call("replay", finished, "-k", 60)
    assert outcome.code == 2
    assert outcome.err == "this run has replications 0 to 59, and no replication 60\n"

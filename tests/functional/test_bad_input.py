"""Bad input: one message with file, line, path, value and what is allowed; exit code 2; nothing written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from command_line import Outcome, call

HEAD = "name: t\nextends: base.yaml\n"


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(outcome: Outcome, *words: str) -> None:
    """One line on stderr with all the words, nothing on stdout, exit code 2, and no results folder."""
    assert outcome.code == 2, outcome
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert "defect" not in outcome.err
    for word in words:
        assert word in outcome.err, outcome.err
    assert not Path("results").exists()


def refused_in_one_line(outcome: Outcome, *words: str) -> None:
    refused(outcome, *words)
    assert len(outcome.message.splitlines()) == 1, outcome.err


SAID_WRONGLY = [
    pytest.param("sites:\n  general_hospital:\n    cuont: 4\n",
                 "t.yaml:5: sites.general_hospital.cuont: unknown key; did you mean 'count'? (got 4)",
                 id="unknown key of a named section"),
    pytest.param("site_defaults: {closes: {after_days_without_randomization: 183}}\n",
                 "t.yaml:3: site_defaults.closes.after_days_without_randomization: unknown key; did you mean "
                 "'after_days_without_randomisation'? (got 183)",
                 id="a required key in another spelling, of a section that might be a date"),
    pytest.param("screning: {consent: 0.5}\n",
                 "t.yaml:3: screning: unknown key; did you mean 'screening'? (got {consent: 0.5})",
                 id="unknown section"),
    pytest.param("screening:\n  days: {dist: lognormal, median: 3, sigma: 1, lo: 1}\n",
                 "t.yaml:4: screening.days.lo: unknown key; did you mean 'low'? (got 1)",
                 id="unknown parameter"),
    pytest.param("trial:\n  target: many\n",
                 "t.yaml:4: trial.target: must be a whole number (got 'many')", id="text for a number"),
    pytest.param("trial:\n  target: 4.5\n",
                 "t.yaml:4: trial.target: must be a whole number (got 4.5)", id="a fraction for a count"),
    pytest.param("trial: 7\n",
                 "t.yaml:3: trial: must be a section with keys of its own (got 7)", id="a number for a section"),
    pytest.param("trial:\n",
                 "t.yaml:3: trial: must be a section with keys of its own (got null)", id="nothing for a section"),
    pytest.param("screening:\n  consent: true\n",
                 "t.yaml:4: screening.consent: must be a number (got true)", id="true for a number"),
    pytest.param("trial:\n  target: 99999999999999999999999999\n",
                 "t.yaml:4: trial.target: must be at most 200000 (got 99999999999999999999999999)", id="a huge count"),
    pytest.param("screening:\n  consent: .nan\n",
                 "t.yaml:4: screening.consent: must be a number (got .nan)", id="not a number"),
    pytest.param("sites:\n  general_hospital:\n    referrals_per_month: -2\n",
                 "t.yaml:5: sites.general_hospital.referrals_per_month: must be at least 0 (got -2)",
                 id="negative rate"),
    pytest.param("sites:\n  general_hospital:\n    referrals_per_month: 1.0e8\n",
                 "t.yaml:5: sites.general_hospital.referrals_per_month: must be at most 10000, which is more than any "
                 "hospital sees (got 100000000.0)",
                 id="a rate that no computer can count"),
    pytest.param("sites:\n  general_hospital:\n    referrals_per_month: {uncertain: lognormal, median: -2, sigma: 1}\n",
                 "t.yaml:5: sites.general_hospital.referrals_per_month.median: must be more than 0 (got -2)",
                 id="negative uncertain rate"),
    pytest.param("screening:\n  consent: 1.5\n",
                 "t.yaml:4: screening.consent: must be at most 1 (got 1.5)", id="probability above 1"),
    pytest.param("site_defaults:\n  never_enrols: -0.1\n",
                 "t.yaml:4: site_defaults.never_enrols: must be at least 0 (got -0.1)", id="probability below 0"),
    pytest.param("screening:\n  consent: {uncertain: normal, mean: 0.5, sd: 0.2}\n",
                 "t.yaml:4: screening.consent: may fall below 0: give it 'low: 0' or more "
                 "(got {uncertain: normal, mean: 0.5, sd: 0.2})",
                 id="a distribution that leaves the unit interval"),
    pytest.param("screening:\n  days: {dist: lognorml, median: 3, sigma: 1}\n",
                 "t.yaml:4: screening.days.dist: unknown distribution; did you mean 'lognormal'? (got 'lognorml')",
                 id="unknown distribution"),
    pytest.param("screening:\n  days: {dist: lognormal, median: 3}\n",
                 "t.yaml:4: screening.days.sigma: is required and not there", id="a parameter is missing"),
    pytest.param("screening:\n  days: {dist: lognormal}\n",
                 "t.yaml:4: screening.days: median and sigma are required and not there",
                 id="several parameters are missing"),
    pytest.param("screening:\n  days: {dist: lognormal, median: 3, sigma: 1, cv: 3}\n",
                 "t.yaml:4: screening.days.cv: unknown key; valid here: dist, high, low, median, sigma, uncertain "
                 "(got 3)",
                 id="a parameter of another distribution"),
    pytest.param("screening:\n  days: {dist: lognormal, mdian: 3, sigma: 1}\n",
                 "t.yaml:4: screening.days.mdian: unknown key; did you mean 'median'? (got 3)",
                 id="a misspelt parameter"),
    pytest.param("patients:\n  attributes:\n    albumin: {mean: 30, sd: 5}\n",
                 "t.yaml:5: patients.attributes.albumin: a distribution is {dist: NAME, ...} or {uncertain: NAME, "
                 "...}, where NAME is one of beta, empirical, exponential, gamma, lognormal, normal, triangular, "
                 "uniform, weibull (got {mean: 30, sd: 5})",
                 id="a distribution without its name"),
    pytest.param("screening:\n  days: {dist: triangular, low: 5, mode: 3, high: 7}\n",
                 "t.yaml:4: screening.days: low must not be above mode, but 5 > 3 "
                 "(got {dist: triangular, low: 5, mode: 3, high: 7})",
                 id="parameters that contradict"),
    pytest.param("follow_up:\n  leaving:\n    transplant: {24: 0.08, 48: 0.05}\n",
                 "t.yaml:5: follow_up.leaving.transplant: cumulative probabilities must not decrease, but week 24 has "
                 "0.08 and week 48 has 0.05",
                 id="decreasing cumulative hazards"),
    pytest.param("trial:\n  planned:\n    primary_completion: 2022-12-01\n",
                 "t.yaml:4: trial.planned: primary_completion (2022-12-01) must not be after study_completion "
                 "(2022-10-01)",
                 id="dates out of order, in the file that changed one"),
    pytest.param("trial:\n  enrolment_opens: 2022-01-01\n",
                 "t.yaml:3: trial: enrolment_opens (2022-01-01) must not be after planned.primary_completion",
                 id="opens after the planned end"),
    pytest.param("calendar:\n  periods:\n    wave: {from: 2020-03-01, to: 2020-02-01, factor: 0.5}\n",
                 "t.yaml:5: calendar.periods.wave: 'from' (2020-03-01) must not be after 'to' (2020-02-01)",
                 id="a period that ends before it begins"),
    pytest.param("sites:\n  general_hospital: {opens: 2021-01-01, closes: 2020-01-01}\n",
                 "t.yaml:4: sites.general_hospital: 'opens' (2021-01-01) must not be after 'closes' (2020-01-01)",
                 id="a site that closes before it opens"),
    pytest.param("trial:\n  enrolment_opens: 2020-13-45\n",
                 "t.yaml:4: trial.enrolment_opens: must be a date that exists, as YYYY-MM-DD (got 2020-13-45)",
                 id="a date that does not exist"),
    pytest.param("trial:\n  enrolment_opens: 0001-01-01\n  planned: {primary_completion: null}\n",
                 "t.yaml:4: trial.enrolment_opens: must be from 1900 to 2200 (got 0001-01-01)",
                 id="a date that no calendar reaches back from"),
    pytest.param("randomisation:\n  block_sizes: [4]\n",
                 "t.yaml:4: randomisation.block_sizes: block sizes must be multiples of 3, the sum of the allocation "
                 "(got 4)",
                 id="a block size that does not fit"),
    pytest.param("sites:\n  general_hospitl: off\n",
                 "t.yaml:4: sites.general_hospitl: nothing of this name to switch off: did you mean "
                 "'general_hospital'?",
                 id="switching off what is not there"),
    pytest.param("calendar:\n  by_month: {13: 0.5}\n",
                 "t.yaml:4: calendar.by_month.13: must be at most 12 (got '13')", id="a month that is none"),
    pytest.param("calendar:\n  public_holidays: {country: QQ, factor: 0.5}\n",
                 "t.yaml:4: calendar.public_holidays.country: no public holidays are known of this country",
                 id="a country that is none"),
    pytest.param("calendar:\n  public_holidays: {country: US, subdivision: QQ, factor: 0.5}\n",
                 "t.yaml:4: calendar.public_holidays.subdivision: no such part of US", id="a state that is none"),
    pytest.param("oversight:\n  sentinels: {participants: 3, days_between: 7, arm: MCS}\n",
                 "t.yaml:4: oversight.sentinels.arm: there is no such arm; did you mean 'MSC'? (got MCS)",
                 id="an arm that is not there"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), SAID_WRONGLY)
def test_what_is_wrong_is_named_with_its_place(text: str, message: str) -> None:
    """File, line, path, what is allowed and what was written, in one line; `validate` and `run` say the same."""
    Path("t.yaml").write_text(HEAD + text)
    outcome = call("validate", "t.yaml")
    refused_in_one_line(outcome, message)
    assert call("run", "t.yaml", "-n", 5).err == outcome.err


def bomb() -> str:
    lines = ["a: &a [l, l, l, l, l, l, l, l, l]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join(lines)


NO_SCENARIO: list[Any] = [
    pytest.param(b"", "t.yaml: is empty; a scenario needs at least 'name' and 'extends: base.yaml'", id="empty"),
    pytest.param(b"# nothing\n", "t.yaml: is empty", id="comments only"),
    pytest.param(b"- a\n- b\n", "t.yaml:1: is not a scenario: expected 'key: value' lines", id="a list"),
    pytest.param(b"hello\n", "t.yaml:1: is not a scenario", id="text"),
    pytest.param(b"name: [1, 2\ntrial: }\n", "t.yaml:2: is not valid YAML: ", id="not YAML"),
    pytest.param(b"name: x\n\ttrial: 3\n", "t.yaml:2: is not valid YAML: a tab; indent with spaces", id="tab"),
    pytest.param(b"name: x\n---\nname: y\n", "t.yaml:2: is not valid YAML: ", id="two documents"),
    pytest.param(b"name: \x00\n", "t.yaml: is not valid YAML: ", id="control character"),
    pytest.param(b"name: '  '\nextends: base.yaml\n", "t.yaml:1: name: must have a letter or figure; it is blank",
                 id="a name of blanks"),
    pytest.param("name: été\n".encode("latin-1"), "t.yaml: is not UTF-8 text", id="not UTF-8"),
    pytest.param(b"name: !!python/object/apply:os.system ['touch owned']\n",
                 "t.yaml:1: name: only plain values are allowed, no tags", id="a tag that would run a command"),
    pytest.param(HEAD.encode() + b"trial:\n  target: 3\n  target: 4\n",
                 "t.yaml:5: trial.target: this key stands twice in the same section", id="duplicate key"),
    pytest.param(HEAD.encode() + b"trial:\n  ? [a, b]\n  : 3\n",
                 "t.yaml:4: trial: a key must be plain text or a number", id="a list as a key"),
    pytest.param(b"a: 1\n" * 2_000_000, "t.yaml: is larger than a scenario may be (1,000,000 bytes) (got 10,000,000)",
                 id="10 MB"),
    pytest.param(bomb().encode(), "more than 200,000 values once aliases are written out", id="alias bomb"),
    pytest.param(b"a: &a [*a]\n", "t.yaml:1: a.0.0: nested more than 40 levels deep", id="alias of itself"),
    pytest.param(b"a: " + b"[" * 3000 + b"]" * 3000, "nested more than 40 levels deep", id="3000 brackets"),
    pytest.param(b"name: x\nextends: t.yaml\n",
                 "t.yaml:2: extends: a scenario must not extend itself: t.yaml -> t.yaml", id="extends itself"),
    pytest.param(b"name: x\nextends: bse.yaml\n",
                 "t.yaml:2: extends: there is no such file: did you mean 'base.yaml'? (got bse.yaml)",
                 id="extends what is not there"),
    pytest.param(b"name: x\nextends: [a]\n", "t.yaml:2: extends: must be a file name (got ['a'])",
                 id="extends a list"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), NO_SCENARIO)
def test_a_file_that_is_no_scenario_is_refused(data: bytes, message: str) -> None:
    Path("t.yaml").write_bytes(data)
    refused_in_one_line(call("validate", "t.yaml"), message)
    assert os.listdir() == ["t.yaml"]  # noqa: PTH208


def test_files_that_extend_one_another_in_a_circle_are_named() -> None:
    for name, parent in ("ab", "bc", "ca"):
        Path(f"{name}.yaml").write_text(f"name: {name}\nextends: {parent}.yaml\n")
    refused_in_one_line(
        call("validate", "a.yaml"),
        "c.yaml:2: extends: a scenario must not extend itself: a.yaml -> b.yaml -> c.yaml -> a.yaml",
    )


def test_every_mistake_is_listed_in_the_order_of_the_file() -> None:
    Path("t.yaml").write_text(HEAD + "trial:\n  target: -1\nscreening:\n  consent: 2\nsites:\n  g: {cuont: 3}\n")
    outcome = call("validate", "t.yaml")
    refused(outcome)
    assert [line.split(": ")[:2] for line in outcome.message.splitlines()] == [
        ["t.yaml:4", "trial.target"],
        ["t.yaml:6", "screening.consent"],
        ["t.yaml:8", "sites.g.cuont"],
    ]


def test_a_default_that_cannot_follow_from_a_missing_key_is_no_problem_of_its_own() -> None:
    Path("t.yaml").write_text("extends: classroom.yaml\nname: t\nfollow_up: {leaving: {moved: {4: 0.1}}}\n")
    message = "t.yaml:3: follow_up.visit_weeks: is required and not there"
    refused_in_one_line(call("validate", "t.yaml"), message)


def test_a_problem_in_the_extended_file_names_that_file() -> None:
    Path("parent.yaml").write_text(HEAD + "screening: {consent: 7}\n")
    Path("t.yaml").write_text("name: child\nextends: parent.yaml\n")
    refused_in_one_line(call("validate", "t.yaml"), "parent.yaml:3: screening.consent: must be at most 1 (got 7)")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("base.yml", "base.yml: there is no such file", id="a missing file"),
        pytest.param("bass", "bass: there is no such scenario: did you mean 'base'?", id="nearly a name"),
        pytest.param("no/such/folder/x.yaml", "no/such/folder/x.yaml: there is no such file", id="a missing folder"),
        pytest.param("a-folder.yaml", "a-folder.yaml: is a folder, not a scenario file", id="a folder"),
        pytest.param("a-folder", "a-folder: is a folder, not a scenario file", id="a folder without an ending"),
        pytest.param("", "there is no such scenario", id="an empty name"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "show", "run", "trace"])
def test_a_path_that_is_not_there(command: str, name: str, message: str) -> None:
    Path("a-folder.yaml").mkdir()
    Path("a-folder").mkdir()
    refused_in_one_line(call(command, name), message)


@pytest.mark.parametrize("command", [("run", "base"), ("fit", "log.csv"), ("backtest", "log.csv")])
@pytest.mark.parametrize("name", ["", "  "])
def test_a_folder_without_a_name_is_not_made(command: tuple[str, str], name: str) -> None:
    """As a script writes it whose variable is not set."""
    refused_in_one_line(call(*command, "--out", name), f"--out: is not the name of a folder (got '{name}')")
    assert not list(Path().iterdir())


def test_a_file_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("t.yaml").write_text(HEAD)

    def denied(_path: Path, *_how: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    refused_in_one_line(call("validate", "t.yaml"), "t.yaml: cannot be read: Permission denied")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sites.general_hosptal.count=4",
         "--set: sites.general_hosptal.count: there is no 'general_hosptal' here; did you mean 'general_hospital'?"),
        ("sites.general_hospital.cuont=4",
         "--set: sites.general_hospital.cuont: unknown key; did you mean 'count'? (got 4)"),
        ("screening.criteria.medl.max=35", "there is no 'medl' here; did you mean 'meld'?"),
        ("follow_up.leaving.deth.24=0.3", "there is no 'deth' here; did you mean 'death'?"),
        ("patients.conditions.hccc=0.5", "there is no 'hccc' here; did you mean 'hcc'?"),
        ("trial.target.x=3", "--set: trial.target: must be a whole number (got {x: 3})"),
        ("trial..target=3", "--set: trial.: unknown key"),
        ("foo", "--set: write PATH=VALUE, as in sites.general_hospital.count=4 (got foo)"),
        ("=3", "--set: write PATH=VALUE"),
        ("trial.target=", "--set: trial.target: must be a whole number (got null)"),
        ("trial.target=x", "--set: trial.target: must be a whole number (got 'x')"),
        ("trial.target=[1", "--set: trial.target: this value is not valid YAML"),
        ("sites=off", "--set: sites: must be a section with keys of its own (got false)"),
        ("trial.enrolment_opens=2019-1-1", "--set: trial.enrolment_opens: must be a date, as YYYY-MM-DD"),
    ],
)  # fmt: skip
def test_a_bad_override(override: str, message: str) -> None:
    refused_in_one_line(call("run", "base", "-n", 5, "--set", override), message)


def test_a_set_may_add_a_named_part_as_a_whole() -> None:
    """What is refused is a name that was probably misspelt, not a new one."""
    assert call("validate", "base", "--set", "sites.clinic={count: 2, referrals_per_month: 3}").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--replications", n) for n in (0, -3, "many", 1.5, 10**9)),
        *(("--seed", s) for s in (-1, 1.5, "x", 2**63)),
        *(("--workers", w) for w in (0, -1, "all", 5000)),
        ("--bogus",),
        ("base", "more"),
    ],
    ids=str,
)
def test_bad_options_of_run(arguments: tuple[object, ...]) -> None:
    refused(call("run", "base", *arguments), "Error: ", str(arguments[0]) if arguments[0] != "base" else "more")


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("a-file", "a-file"),
        ("a-file/below", "a-file/below: cannot be written: Not a directory"),
        ("has-something", "has-something: is not empty and is not a results folder of this program (it has mine.txt)"),
        ("", "is not the name of a folder"),
    ],
)
def test_an_out_that_cannot_be_a_results_folder(out: str, message: str) -> None:
    Path("a-file").write_text("mine")
    Path("has-something").mkdir()
    Path("has-something/mine.txt").write_text("mine")
    refused(call("run", "base", "-n", 2, "--no-report", "--out", out), message)
    assert {str(path) for path in Path().rglob("*")} == {"a-file", "has-something", "has-something/mine.txt"}


def test_a_results_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_args: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)
    refused_in_one_line(
        call("run", "base", "-n", 2, "--no-report", "--out", "r"), "r: cannot be written: Permission denied"
    )
    assert not Path("r").exists()


def test_new_overwrites_nothing_and_needs_a_folder_and_a_base() -> None:
    Path("mine.yaml").write_text("precious")
    refused_in_one_line(call("new", "mine"), "mine.yaml: the file already exists; it is not overwritten")
    refused_in_one_line(call("new", "a/b"), "a: there is no such folder")
    refused_in_one_line(call("new", "b", "--from", "bass"), "bass: there is no such scenario: did you mean 'base'?")
    assert Path("mine.yaml").read_text() == "precious"
    assert not Path("b.yaml").exists()


def test_replay_needs_a_finished_run() -> None:
    Path("empty").mkdir()
    refused_in_one_line(call("replay", "nowhere"), "nowhere: there is no such results folder")
    refused_in_one_line(call("replay", "empty"), "empty: is not a results folder")


def test_show_and_trace_say_what_there_is() -> None:
    refused_in_one_line(
        call("show", "base", "--only", "sites.general"), "there is no such path; did you mean 'sites.general_hospital'?"
    )
    refused_in_one_line(
        call("trace", "base", "--set", "trial.target=3", "--participant", 99), "has participants 1 to", "99"
    )


def test_an_unknown_command_names_the_nearest() -> None:
    refused(call("rnu"), "Error: ", "run")


def test_a_defect_of_the_program_shows_no_traceback_but_says_how_to_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("sim.scenario.load.load", broken)
    monkeypatch.delenv("TRIALCLOCK_DEBUG", raising=False)
    outcome = call("validate", "base")
    assert outcome.code == 70
    assert "please report it: ZeroDivisionError: by zero" in outcome.err
    assert "TRIALCLOCK_DEBUG=1" in outcome.err

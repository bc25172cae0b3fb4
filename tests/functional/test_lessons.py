"""Lessons as a teacher uses them: what is asked, what is printed, and what each student gets."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import yaml
from command_line import call

from sim.errors import InputError
from sim.lessons.catalogue import LESSONS, find_lesson
from sim.lessons.classroom import Classroom
from sim.lessons.controls import controls
from sim.lessons.lesson import Lesson, Prediction, Taught
from sim.lessons.reading import PAGES, glossary, text_of
from sim.lessons.session import Session, plain_session, read_session, session_from_query
from sim.lessons.subjects.funnel import criteria
from sim.lessons.teaching.students import names_from, scenario_text, students
from sim.lessons.teaching.template import template
from sim.report.words import mean_with_error

SMALL = 12  # replications
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


def small(lesson: Lesson) -> Session:
    return replace(plain_session(lesson), replications=SMALL)


@pytest.fixture(scope="module")
def taught() -> dict[str, Taught]:
    """Every lesson, made small."""
    return {lesson.name: small(lesson).teach() for lesson in LESSONS}


def name_of(lesson: Lesson) -> str:
    return lesson.name


# --- every lesson


@pytest.mark.parametrize("lesson", LESSONS, ids=name_of)
def test_a_lesson_has_all_that_it_needs(lesson: Lesson, taught: dict[str, Taught]) -> None:
    """A question, a control, a picture with its table, a task, and a check with its explanation."""
    found = taught[lesson.name]
    assert controls(lesson)
    assert found.prediction.text.endswith("?")
    assert all(exhibit.figure is not None and exhibit.table is not None for exhibit in found.exhibits)
    assert 0 <= found.check.right < len(found.check.options)
    assert found.task.status
    assert found.facts
    assert set(lesson.words) <= set(glossary())
    assert all(text_of(name).startswith("# ") for name in (*lesson.reading, "glossary"))


def test_the_diagram_of_the_model_is_a_table_of_its_ways() -> None:
    """What a page of the studio cannot draw is said in words, with every way of the diagram."""
    text = text_of("model")
    assert "mermaid" not in text
    assert "\n| Consents? | Refused (no); Waits for a coordinator (yes) |\n" in text
    assert "\n| Chart: criteria that admission data answer | Excluded (fails for good); On the way back (" in text


@pytest.mark.parametrize("lesson", LESSONS, ids=name_of)
def test_numbers_in_texts_follow_the_simulation(lesson: Lesson, taught: dict[str, Taught]) -> None:
    """With another seed the texts say other numbers, and the answer to the prediction is among them."""
    found, other = taught[lesson.name], replace(small(lesson), seed=4711).teach()
    texts, others = (" ".join([*one.findings, one.check.explanation]) for one in (found, other))
    assert _NUMBER.findall(texts) != _NUMBER.findall(others)
    assert [fact.estimate for fact in found.facts] != [fact.estimate for fact in other.facts]
    shown = " ".join([texts, *(exhibit.summary for exhibit in found.exhibits)])
    answer = found.prediction.answer
    assert any(text in shown for text in (mean_with_error(answer), f"{answer.value:.1f}", f"{answer.value:.0f} of 100"))


@pytest.mark.parametrize("lesson", LESSONS, ids=name_of)
def test_the_same_session_gives_the_same_answers(lesson: Lesson, taught: dict[str, Taught]) -> None:
    again = small(lesson).teach()
    assert again.facts == taught[lesson.name].facts
    assert again.findings == taught[lesson.name].findings
    for a, b in zip(again.exhibits, taught[lesson.name].exhibits, strict=True):
        assert a.figure.to_json() == b.figure.to_json()


@pytest.mark.parametrize("lesson", LESSONS, ids=name_of)
def test_an_address_reopens_the_lesson(lesson: Lesson) -> None:
    session = replace(plain_session(lesson), seed=99, replications=50)
    assert session_from_query(dict(parse_qsl(session.query))) == session


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=name_of)
@pytest.mark.parametrize("end", ["low", "high"])
def test_controls_at_their_ends_are_answered(lesson: Lesson, end: str) -> None:
    """A control taken to the end of its range gives a lesson, not an error."""
    for control in controls(lesson):
        value = control.choices[0 if end == "low" else -1] if control.choices else getattr(control, end)
        text = f"{value:g}" if not control.choices else value
        session = session_from_query({"lesson": lesson.name, "lesson_trials": "10", control.name: text})
        assert session.teach().facts


def test_the_check_is_judged_by_the_simulation() -> None:
    """Where the answer changes with the parameters, so does which choice is right."""
    lesson = find_lesson("leaving")
    rights = {
        leaving: session_from_query({"lesson": "leaving", "leaving": leaving, "lesson_trials": "40"})
        .teach()
        .check.right
        for leaving in ("0", "0.8")
    }
    assert rights == {"0": 1, "0.8": 0}
    assert len(lesson.idea) > 1


def test_a_guess_is_judged_against_the_answer_with_its_error() -> None:
    from sim.analysis.intervals import Estimate

    prediction = Prediction("How many?", "patients", Estimate(10.0, 9.5, 10.5), (9.0, 11.0))
    assert prediction.judge(9.2).is_right
    wrong = prediction.judge(14)
    assert not wrong.is_right
    assert (
        wrong.text == "You said 14 patients. The simulation says 10.0 ±0.5 patients. Your guess is too high, by 4.00."
    )


# --- the teacher's file


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "class.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("lesson", LESSONS, ids=name_of)
def test_the_file_to_start_from_says_what_the_lesson_says(lesson: Lesson, tmp_path: Path) -> None:
    found = read_session(write(tmp_path, template(lesson)))
    assert found.parameters == lesson.model()
    assert {key: list(values) for key, values in found.varies.items()} == {
        key: list(values) for key, values in lesson.varies.items()
    }


def test_what_a_teacher_fixes_does_not_vary(tmp_path: Path) -> None:
    found = read_session(write(tmp_path, "lesson: funnel\nparameters: {criterion: meld}\n"))
    assert set(found.varies) == {"consent"}
    none = read_session(write(tmp_path, "lesson: funnel\nvary: {}\n"))
    assert none.varies == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "lesson: 3\nparameters: {criterion: meldd}",
            "class.yaml:2: parameters.criterion: there is no such criterion; did you mean 'meld'? (got 'meldd')",
        ),
        ("lesson: 3\nparameters: {consent: 2}", "class.yaml:2: parameters.consent: must be at most 1 (got 2)"),
        ("lesson: 3\nparameters: {consnt: 1}", "parameters.consnt: unknown key; did you mean 'consent'? (got 1)"),
        ("lesson: 3\nreplicatons: 4", "class.yaml:2: replicatons: unknown key; did you mean 'replications'? (got 4)"),
        ("lesson: 3\nreplications: 100000", "class.yaml:2: replications: must be at most 600 in this lesson"),
        ("lesson: funel", "class.yaml:1: lesson: there is no such lesson; did you mean 'funnel'? (got funel)"),
        ("lesson: 12", "class.yaml:1: lesson: there are lessons 1 to 8 (got 12)"),
        ("lesson: 1", "class.yaml:1: lesson: the file is for lesson 1, and lesson 3 was asked for (got 1)"),
        ("lesson: 3\nvary: {consent: [0.5, 3]}", "class.yaml:2: vary.consent.1: must be at most 1 (got 3)"),
        ("lesson: 3\nvary: {conset: [1]}", "vary.conset: unknown key; did you mean 'consent'? (got conset)"),
        ("- 3", "class.yaml:1: is not a file of parameters"),
        ("lesson: [", "is not valid YAML"),
    ],
)
def test_a_wrong_file_gets_one_clear_message(text: str, message: str, tmp_path: Path) -> None:
    """File, line, path, value and what is allowed, with the nearest name; exit code 2 and nothing written."""
    path = write(tmp_path, text)
    out = tmp_path / "sheet.html"
    done = call("lessons", "sheet", 3, "--parameters", path, "--out", out)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"lesson": "9"}, "the address: lesson: there are lessons 1 to 8 (got 9)"),
        ({"lesson": "3", "consent": "7"}, "the address: consent: must be at most 1 (got 7)"),
        ({"lesson": "3", "lesson_trials": "1e9"}, "lesson_trials: must be a whole number from 10 to 600 (got 1e9)"),
        ({"lesson": "3", "criterion": "on"}, "there is no such criterion"),
        ({"lesson": "1", "patients_per_month": "many"}, "patients_per_month: must be a number (got 'many')"),
    ],
)
def test_a_wrong_address_gets_the_same_messages(query: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        session_from_query(query)


# --- sheets


@pytest.mark.parametrize("lesson", LESSONS, ids=name_of)
def test_the_students_sheet_gives_nothing_away(lesson: Lesson, taught: dict[str, Taught]) -> None:
    """It asks everything and answers nothing; the teacher's has the answers and the pictures."""
    from sim.lessons.teaching.sheet import sheet

    session, found = small(lesson), taught[lesson.name]
    plain, answers = sheet(session, found), sheet(session, found, answers=True)
    assert "My guess" in plain
    assert "<script" not in plain
    for secret in (*found.findings, found.check.explanation, *(fact.text for fact in found.facts if fact.unit)):
        assert secret not in plain
    assert "(right)" not in plain
    assert answers.count('class="plot"') == len(found.exhibits)
    assert answers.count("(right)") == 1


def test_commands_write_what_they_say(tmp_path: Path) -> None:
    parameters = write(tmp_path, f"lesson: 3\nheading: Trials, week 3\nreplications: {SMALL}\n")
    out = tmp_path / "sheet.html"
    assert call("lessons", "sheet", 3, "--parameters", parameters, "--out", out).code == 0
    assert "Trials, week 3" in out.read_text(encoding="utf-8")
    assert "funnel" in call("lessons").out
    shown = json.loads(call("lessons", "show", "funnel", "--parameters", parameters, "--json").out)
    assert shown["check"]["right"] in shown["check"]["options"]
    assert set(call("lessons", "parameters", 3).out.split()) > {"criterion:", "consent:"}
    assert call("lessons", "show", 0).code == 2


# --- students


def test_each_student_has_a_key_of_their_own_that_can_be_made_again(tmp_path: Path) -> None:
    """Answers differ between students, and depend on name and seed alone, whoever else is in the list."""
    parameters = write(tmp_path, f"lesson: 3\nreplications: {SMALL}\n")
    for i, listed in enumerate(("Ada\nBela\nChi", "Chi\nAda\nBela")):
        (tmp_path / "names.csv").write_text(f"name\n{listed}\n", encoding="utf-8")
        arguments = ("--students", tmp_path / "names.csv", "--parameters", parameters)
        done = call("lessons", "students", 3, *arguments, "--out", tmp_path / f"class{i}")
        assert done.code == 0, done.err
    keys = [
        {
            (row["student"], row["what"]): row
            for row in csv.DictReader((tmp_path / f"class{i}" / "key.csv").read_text(encoding="utf-8").splitlines())
        }
        for i in range(2)
    ]
    assert keys[0] == keys[1]
    predictions = [row["answer"] for (_, what), row in keys[0].items() if what == "prediction"]
    assert len(set(predictions)) == 3
    for (_, what), row in keys[0].items():
        assert what == "check" or float(row["low"]) <= float(row["answer"]) <= float(row["high"])
    for name in ("ada", "bela", "chi"):
        for ending in ("yaml", "html"):
            files = [(tmp_path / f"class{i}" / f"{name}.{ending}").read_bytes() for i in range(2)]
            assert files[0] == files[1]
    again = call("lessons", "students", 3, "--students", tmp_path / "names.csv", "--out", tmp_path / "class0")
    assert again.code == 2
    assert "there is something in this folder already" in again.err


@pytest.mark.parametrize("lesson", LESSONS, ids=name_of)
def test_a_students_scenario_simulates_the_trials_of_the_key(lesson: Lesson, tmp_path: Path) -> None:
    """The file extends one that comes with the program, has a source for what it sets, and gives the same trials."""
    from sim.analysis.reduce import Reducer
    from sim.core.design import Design
    from sim.experiment.replicate import replicate_chunk
    from sim.scenario.load import load

    (student,) = students(replace(plain_session(lesson), replications=10), ["Zoë O'Neil"])
    path = tmp_path / f"{student.file}.yaml"
    path.write_text(scenario_text(student), encoding="utf-8")
    loaded = load(path)
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["extends"] in ("base.yaml", "classroom.yaml")
    assert loaded.scenario.experiment.seed == student.session.seed
    reducer = Reducer(Design(loaded.scenario))
    ours = replicate_chunk(reducer, loaded.scenario.experiment.seed, 0, 10).values
    room = Classroom(student.session.seed, student.session.replications)
    theirs = room.run(lesson.base, lesson.changes(student.session.parameters))
    assert reducer.names == theirs.names
    assert (ours == theirs.chunk.values).all() or ((ours == theirs.chunk.values) | (ours != ours)).all()
    assert call("validate", path).err == ""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "names.csv: is empty; a list of students has a column 'name'"),
        (b"who\nAda\n", "names.csv:1: there is no column 'name' in the first line; it has: who"),
        (b"name\n", "names.csv: has no students"),
        (b"name\nAda\n\nAda\n", "names.csv:4: name: stands in line 2 already (got Ada)"),
        (b"id,name\n1,\n", "names.csv:2: name: has no name"),
        (b"\xff\xfe", "names.csv: is not UTF-8 text"),
        (b"name\n" + b"x" * 200, "names.csv:2: name: may have at most 80 characters"),
    ],
)
def test_a_wrong_list_gets_a_clear_message(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        names_from(data, "names.csv")


def test_names_become_files_that_any_system_takes() -> None:
    """No name leaves the folder, and no two share a file."""
    names = ["Ada", "ada!", "../../etc/passwd", "CON", "key", "王小明", "李", "=cmd()"]
    found = [student.file for student in students(plain_session(LESSONS[0]), names)]
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+", file) for file in found)
    assert not {"con", "key"} & set(found)
    assert names_from("\ufeffName;mail\nAda;a\nBela;b\n".encode(), "names.csv") == ["Ada", "Bela"]


def test_a_name_is_no_formula_in_the_key() -> None:
    from sim.lessons.teaching.students import answer, key_table

    session = replace(plain_session(LESSONS[0]), replications=10)
    answers = list(answer(students(session, ["=1+1"]), lambda _done, _total: None))
    assert key_table(answers).splitlines()[1].startswith("'=1+1,")


def test_choices_are_those_of_the_base_scenario() -> None:
    (chosen,) = (control for control in controls(find_lesson("3")) if control.name == "criterion")
    assert chosen.choices == criteria()
    assert set(PAGES) >= {"glossary", "model"}

"""`lessons`: what they teach, their sheets, and for a class, a scenario and an answer key for each student."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.options import JSON
from sim.cli.progress import progress_bar
from sim.cli.streams import hand_over, print_json

if TYPE_CHECKING:
    from sim.lessons.lesson import Taught
    from sim.lessons.session import Session

_PARAMETERS = click.option("--parameters", metavar="FILE", help="A teacher's file; see `lessons parameters`.")


@click.group(invoke_without_command=True)
@click.pass_context
def lessons(context: click.Context) -> None:
    """Eight short lessons on why trials are late. Without a command, lists them.

    LESSON is a number or a name. All numbers of a lesson come from the simulation as it runs.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_lessons)


@lessons.command("list")
def list_lessons() -> None:
    """List the lessons: number, name, title, and the question that each answers."""
    from sim.lessons.catalogue import LESSONS

    for lesson in LESSONS:
        click.echo(f"{lesson.number}  {lesson.name:<9}  {lesson.title}\n   {'':<9}  {lesson.question}")


@lessons.command()
@click.argument("lesson")
@_PARAMETERS
@JSON
def show(lesson: str, parameters: str | None, as_json: bool) -> None:
    """Teach LESSON here: the idea, the question, what the simulation says, and why."""
    session = _session(lesson, parameters)
    with progress_bar() as progress:
        taught = session.teach(progress)
    if as_json:
        print_json(_document(session, taught))
        return
    _print(session, taught)


@lessons.command()
@click.argument("lesson")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Write here instead of stdout.")
def parameters(lesson: str, out: str | None) -> None:
    """Write a commented file of parameters for LESSON, to change and to give to --parameters."""
    from sim.lessons.catalogue import find_lesson
    from sim.lessons.teaching.template import template

    hand_over(template(find_lesson(lesson)), out)


@lessons.command()
@click.argument("lesson")
@_PARAMETERS
@click.option("--answers", is_flag=True, help="With pictures, answers and explanations, for the teacher.")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Default: lesson-N-sheet.html.")
def sheet(lesson: str, parameters: str | None, answers: bool, out: str | None) -> None:
    """Write the sheet of LESSON as a page to print."""
    from sim.lessons.teaching.sheet import sheet as sheet_of

    session = _session(lesson, parameters)
    with progress_bar() as progress:
        text = sheet_of(session, session.teach(progress), answers=answers)
    path = out or f"lesson-{session.lesson.number}-{'answers' if answers else 'sheet'}.html"
    hand_over(text, path)
    click.echo(f"{path}: print it, or open it in a browser")


@lessons.command()
@click.argument("lesson")
@click.option("--students", "names", required=True, metavar="FILE", help="CSV with a column 'name'.")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False), metavar="DIR", help="An empty folder to write into."
)
@_PARAMETERS
def students(lesson: str, names: str, out: str, parameters: str | None) -> None:
    """Write a scenario and a sheet for each student of LESSON, and the answer key.

    Each has values and a seed of their own, which depend on their name and the seed alone. The key is simulated, with
    its errors: `key.csv` for a table, `key.html` to print.
    """
    from sim.lessons.teaching.class_folder import write_class
    from sim.lessons.teaching.students import read_names

    session = _session(lesson, parameters)
    listed = read_names(Path(names))
    with progress_bar() as progress:
        written = write_class(session, listed, Path(out), progress)
    click.echo(f"{len(listed)} students: a scenario and a sheet each, and the key, {len(written)} files in {out}/")


def _session(lesson: str, parameters: str | None) -> Session:
    from sim.lessons.catalogue import find_lesson
    from sim.lessons.session import plain_session, read_session

    found = find_lesson(lesson)
    return plain_session(found) if parameters is None else read_session(Path(parameters), found)


def _print(session: Session, taught: Taught) -> None:
    from sim.cli.console.tables import make_console

    lesson, console = session.lesson, make_console()
    console.print(f"[bold]Lesson {lesson.number}: {lesson.title}[/bold]\n{lesson.question}\n")
    for text in lesson.idea:
        console.print(text)
    console.print(f"\n[bold]Question:[/bold] {taught.prediction.text}")
    console.print(f"[bold]The simulation says:[/bold] {taught.prediction.answer_text}\n")
    for text in (*(found.summary for found in taught.exhibits), *taught.findings):
        console.print(text)
    console.print(f"\n[bold]Task:[/bold] {taught.task.text} {taught.task.status}")
    console.print(f"\n[bold]Check:[/bold] {taught.check.text}")
    for i, option in enumerate(taught.check.options):
        console.print(f"  {'>' if i == taught.check.right else ' '} {option}", markup=False)
    console.print(taught.check.explanation)
    console.print(
        f"\n{session.replications} simulated trials, seed {session.seed}. In the studio: /learn?{session.query}"
    )


def _document(session: Session, taught: Taught) -> dict[str, Any]:
    check = taught.check
    return {
        "lesson": session.lesson.number,
        "title": session.lesson.title,
        "parameters": session.values(),
        "seed": session.seed,
        "replications": session.replications,
        "prediction": {"question": taught.prediction.text, **_estimate(taught.prediction.answer)},
        "facts": {fact.name: {**_estimate(fact.estimate), "unit": fact.unit} for fact in taught.facts},
        "findings": list(taught.findings),
        "task": {"text": taught.task.text, "status": taught.task.status, "met": taught.task.is_met},
        "check": {"question": check.text, "options": list(check.options), "right": check.options[check.right],
                  "explanation": check.explanation},
    }  # fmt: skip


def _estimate(estimate: Any) -> dict[str, float | str | None]:
    def plain(value: float | None) -> float | str | None:
        return value if value is None or isfinite(value) else "never"

    return {name: plain(value) for name, value in estimate._asdict().items()}

"""Pages for a teacher to print: the sheet of a lesson, its answers, and the key of a class.

Each is one HTML file that needs no other, so that it can be sent and opened anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.lessons.controls import controls
from sim.lessons.reading import PAGES, glossary
from sim.report.html import environment, figure_json, plotly_script, script_hash, template_text
from sim.scenario.yaml_source import shown
from sim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.lessons.lesson import Taught
    from sim.lessons.session import Session
    from sim.lessons.teaching.students import Answered


def settings_table(session: Session) -> list[tuple[str, str]]:
    """The parameters of a lesson in words, with their values and units; then the simulated trials and the seed."""
    values = session.values()
    rows = [(c.label, f"{shown(values[c.name])} {c.unit}".strip()) for c in controls(session.lesson)]
    return [*rows, ("Simulated trials", str(session.replications)), ("Seed", str(session.seed))]


def address_in_studio(session: Session) -> str:
    """The address of a lesson, relative to that of the studio."""
    return f"/learn?{session.query}"


def sheet(
    session: Session,
    taught: Taught,
    *,
    answers: bool = False,
    student: str = "",
    scenario_file: str = "",
    address: Callable[[Session], str] = address_in_studio,
) -> str:
    """The sheet of a lesson as an HTML page to print.

    Args:
        session: the lesson with its settings.
        taught: its answers.
        answers: whether the page has answers and figures, for the teacher; without them it needs no scripts.
        student: name of the student; empty for a line to write the name on.
        scenario_file: name of the student's own scenario file; empty if there is none.
        address: gives the address of a lesson; default: relative to any studio.

    Returns:
        HTML, complete in itself.
    """
    exhibits = taught.exhibits if answers else ()
    scripts = (plotly_script(), template_text("report.js")) if answers else ()
    return (
        environment("sim.lessons")
        .get_template("sheet.html.j2")
        .render(
            session=session,
            lesson=session.lesson,
            taught=taught,
            answers=answers,
            student=student,
            scenario_file=scenario_file,
            settings=settings_table(session),
            words={word: glossary()[word] for word in session.lesson.words},
            reading=[PAGES[name] for name in session.lesson.reading],
            link=address(session),
            specifications={found.name: figure_json(found) for found in exhibits if found.figure is not None},
            scripts=scripts,
            script_hashes=" ".join(f"'sha256-{script_hash(text)}'" for text in scripts) or "'none'",
            style=template_text("report.css"),
            version=__version__,
        )
    )


def key_page(session: Session, answers: list[Answered]) -> str:
    """The answer key of a class as an HTML page to print.

    Args:
        session: the lesson, before students' values.
        answers: the answers of each student.

    Returns:
        HTML, complete in itself.
    """
    return (
        environment("sim.lessons")
        .get_template("key.html.j2")
        .render(
            session=session,
            lesson=session.lesson,
            answers=answers,
            varied={c.name: c for c in controls(session.lesson) if c.name in session.varies},
            shown=shown,
            style=template_text("report.css"),
            version=__version__,
        )
    )

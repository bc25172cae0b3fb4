"""Write a run as a document. The ending of the file name chooses the format.

Each kind of document is a module beside this one.

Attributes:
    WRITERS: the function for each ending of a file name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import Problem, UsageError
from sim.experiment.files import write_whole
from sim.report.documents.calendar_file import calendar_file
from sim.report.documents.content import Content, content
from sim.report.documents.gantt import gantt_png, gantt_svg
from sim.report.documents.ms_project import ms_project
from sim.report.documents.pdf import one_page_pdf
from sim.report.documents.slide import one_page_slide

if TYPE_CHECKING:
    from sim.experiment.run.results import Results
    from sim.report.documents.plan_b import PlanB

WRITERS: dict[str, Callable[[Content], bytes]] = {
    ".pdf": one_page_pdf,
    ".pptx": one_page_slide,
    ".svg": gantt_svg,
    ".png": gantt_png,
    ".ics": calendar_file,
    ".xml": ms_project,
}


def write_document(results: Results, path: Path, plan_b: PlanB | None = None) -> None:
    """Write a run as a document. The ending of the file name chooses the format.

    `.pdf` and `.pptx` are the one page, `.svg` and `.png` a Gantt chart, `.ics` a calendar, `.xml` a plan for
    MS Project.

    Args:
        results: the run.
        path: the file to write; its ending is one of `WRITERS`, which the caller has checked.
        plan_b: another plan, which the one-page documents show beside it; other formats leave it out.

    Raises:
        UsageError: the library for this format is not installed, or the format cannot show some text.
        ReplicationFailed: simulated trials raised, so there is no answer.
        WriteError: the file cannot be written.
    """
    try:
        data = WRITERS[path.suffix.lower()](content(results, plan_b))
    except ModuleNotFoundError as error:
        message = f"needs the package '{error.name}': pip install 'trialclock[documents]'"
        raise UsageError(Problem(message, str(path))) from None
    write_whole(path, data)

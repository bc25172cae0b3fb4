"""The folder of a class: a scenario and a sheet for each student, and the key.

Scenarios differ from student to student, so that neighbours cannot copy a number and still have the same question.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.errors import Problem, WriteError
from sim.experiment.files import cannot_write, write_whole
from sim.lessons.session import Session
from sim.lessons.teaching.sheet import address_in_studio, key_page, sheet
from sim.lessons.teaching.students import answer, key_table, scenario_text, students


def class_files(
    session: Session,
    names: Sequence[str],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    address: Callable[[Session], str] = address_in_studio,
) -> dict[str, bytes]:
    """The files of a class: a scenario and a sheet per student, and the key.

    Args:
        session: the lesson with its settings.
        names: names of the students.
        progress: called with the number of students done and in all.
        address: gives the address of a lesson, for the sheets.

    Returns:
        Contents by file name: `<student>.yaml` and `<student>.html` of each, `key.csv` and `key.html`.
    """
    answers = list(answer(students(session, names), progress))
    found: dict[str, bytes] = {}
    for student, taught in ((one.student, one.taught) for one in answers):
        name = f"{student.file}.yaml"
        found[name] = scenario_text(student).encode()
        page = sheet(student.session, taught, student=student.name, scenario_file=name, address=address)
        found[f"{student.file}.html"] = page.encode()
    found["key.csv"] = key_table(answers).encode()
    found["key.html"] = key_page(session, answers).encode()
    return found


def write_class(
    session: Session, names: Sequence[str], folder: Path, progress: Callable[[int, int], None]
) -> list[Path]:
    """Write the files of a class into a folder that is empty or does not exist yet.

    Args:
        session: the lesson with its settings.
        names: names of the students.
        folder: the folder.
        progress: called with the number of students done and in all.

    Returns:
        The paths of the files.

    Raises:
        WriteError: the folder is not empty, or cannot be written.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise WriteError(Problem("there is something in this folder already; give another --out", folder.as_posix()))
    files = class_files(session, names, progress)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    for name, data in files.items():
        write_whole(folder / name, data)
    return [folder / name for name in files]


def zipped(files: dict[str, bytes]) -> bytes:
    """Files as one ZIP archive; equal files give equal bytes.

    Args:
        files: content by name, in the order of the archive.

    Returns:
        The archive; times of its entries are fixed.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()

"""Recognises files that are not data of a trial, by their first bytes or keys, and says what to do about each.

"Not a table" helps nobody who has exported the wrong thing; the message names the file's kind and the way out.

Attributes:
    READ_HERE: the kinds of files that are read, for messages.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from sim.errors import Problem
from sim.exchange.findings import DataError

READ_HERE = "CSV, Excel (.xlsx), or JSON (records, or CDISC Dataset-JSON)"
_SAVE = f"save it as {READ_HERE}"
_BY_START = (
    (b"\xd0\xcf\x11\xe0", "a workbook of an Excel before 2007; save it as .xlsx or CSV"),
    (b"HEADER RECORD", "a SAS transport file; save it as CSV or Dataset-JSON"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "a SAS data set; save it as CSV or Dataset-JSON"),
    (b"%PDF", f"a PDF; expected {READ_HERE}"),
    (b"PAR1", "a Parquet file; in Python give the data frame, or save it as CSV"),
    (b"ARROW1", "an Arrow file; in Python give the data frame, or save it as CSV"),
    (b"$FL", f"an SPSS file; {_SAVE}"),
    (b"<stata_dta>", f"a Stata file; {_SAVE}"),
    (b"RDX", f"a file of R; {_SAVE}"),
    (b"SQLite format 3", f"a database; {_SAVE}"),
    (b"\x1f\x8b", "packed with gzip; unpack it first"),
    (b"BZh", "packed with bzip2; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"\xfd7zXZ", "packed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x89PNG", f"an image; expected {READ_HERE}"),
    (b"\xff\xd8\xff", f"an image; expected {READ_HERE}"),
    (b"GIF8", f"an image; expected {READ_HERE}"),
    (b"II*\0", f"an image; expected {READ_HERE}"),
    (b"{\\rtf", f"a text document (RTF); expected {READ_HERE}"),
)
_BY_MARKUP = (
    (re.compile(rb"<ODM\b", re.I), "CDISC ODM; export the domain DM, or an enrolment log, as CSV or Dataset-JSON"),
    (re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet", re.I), "an Excel workbook as XML; save it as .xlsx"),
    (
        re.compile(rb"<(!doctype html|html|table)\b", re.I),
        "a web page, whatever its ending; save it as .xlsx",
    ),
    (re.compile(rb"<\?xml", re.I), f"XML; {_SAVE}"),
)
_LOOKED_AT = 4_000  # bytes
_IN_ZIP = (
    ("xl/workbook.xml", ""),
    ("xl/workbook.bin", "a binary workbook (.xlsb); save it as .xlsx"),
    ("content.xml", "an OpenDocument file; save it as .xlsx or CSV"),
    ("word/document.xml", f"a Word document; expected {READ_HERE}"),
    ("ppt/presentation.xml", f"a presentation; expected {READ_HERE}"),
    ("index/document.iwa", "a Numbers file; save it as .xlsx or CSV"),
)
_REGISTRY_KEYS = {"protocolSection", "resultsSection", "studies", "FullStudy", "StudyFieldsResponse"}
_SCENARIO_LINE = re.compile(r"^(extends|trial|sites|arms|screening|follow_up|experiment|levers)\s*:", re.MULTILINE)


def check_start(content: bytes, shown: str) -> None:
    """Check that a file does not begin like one of another kind.

    Args:
        content: bytes of the file.
        shown: its name, for messages.

    Raises:
        DataError: it does; the message says what the file is, and what to do.
    """
    for start, what in _BY_START:
        if content.startswith(start):
            raise DataError(Problem(f"is {what}", shown))
    head = content[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"<"):
        for pattern, what in _BY_MARKUP:
            if pattern.search(head):
                raise DataError(Problem(f"is {what}", shown))


def check_zip(content: bytes, shown: str, unpacked_bytes: int) -> None:
    """Check that a zipped file is an Excel workbook of a reasonable unpacked size.

    Only the sizes in its directory are read; nothing is unpacked.

    Args:
        content: bytes of the file.
        shown: its name, for messages.
        unpacked_bytes: maximum size of all its parts together.

    Raises:
        DataError: it is something else, damaged, or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise DataError(Problem("is not an Excel workbook that can be read", shown)) from None
    names = {part.filename.lower() for part in parts}
    for name, what in _IN_ZIP:
        if what and name in names:
            raise DataError(Problem(f"is {what}", shown))
    unpacked = sum(part.file_size for part in parts)
    if unpacked > unpacked_bytes:
        message = f"unpacks to more than {unpacked_bytes / 1_000_000:g} MB, which is the most that is read here"
        raise DataError(Problem(message, shown, value=f"{unpacked / 1_000_000:.0f} MB"))
    if not any(name.startswith("xl/") for name in names):
        shown_names = ", ".join(sorted(part.filename for part in parts)[:3])
        raise DataError(Problem(f"is a zip archive ({shown_names}); unpack it, and give the data file in it", shown))


def what_json_is(data: Any) -> str:
    """Describe JSON of a known kind that is not data, such as a registry record.

    Args:
        data: the parsed JSON; of a list, the first entry decides.

    Returns:
        What it is and what to do, to stand after "is"; empty for any other JSON.
    """
    first = data[0] if isinstance(data, list) and data else data
    if not isinstance(first, dict):
        return ""
    if not _REGISTRY_KEYS.isdisjoint(first):
        number = _registry_number(first)
        return (
            f"a trial's record in a registry{f' ({number})' if number else ''}, which plans and does not count people "
            f"one by one; `trialclock new NAME --from-registry FILE` makes a scenario of it, and a forecast needs an "
            f"enrolment log or counts"
        )
    if {"resourceType"} <= first.keys():
        return "a FHIR resource; export an enrolment log as CSV"
    if {"scenario_hash", "seed"} <= first.keys() or "trialclock" in first or "fingerprint" in first:
        return "a file of a results folder of trialclock; `trialclock results` reads such folders"
    if {"trial", "sites"} <= first.keys():
        return "a scenario; give it to `run`, or before --observed, and here the data of the trial"
    return ""


def _registry_number(record: dict[str, Any]) -> str:
    section = record.get("protocolSection")
    module = section.get("identificationModule") if isinstance(section, dict) else None
    number = module.get("nctId") if isinstance(module, dict) else ""
    return number if isinstance(number, str) and re.fullmatch(r"NCT\d{8}", number) else ""


def check_text(text: str, shown: str) -> None:
    """Check that a text is not a scenario.

    Args:
        text: content of the file.
        shown: its name, for messages.

    Raises:
        DataError: it is a scenario.
    """
    if shown.lower().endswith((".yaml", ".yml")) or len(set(_SCENARIO_LINE.findall(text[:_LOOKED_AT]))) >= 2:
        message = f"is a scenario; give it before --observed, and the trial's data here ({READ_HERE})"
        raise DataError(Problem(message, shown))

"""Data of a running trial that a visitor uploaded: kept by hash, and named by the query of the page.

?data=<hash>&data=<hash>&sites=<hash>&kind=log&col=date:Rand Dt&scol=site:Centre&dates=dmy&as_of=2024-03-31
"""

from __future__ import annotations

import base64
import binascii
import json
import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs

from sim.errors import Problem, UsageError
from sim.exchange.findings import QuestionError
from sim.exchange.limits import FROM_ELSEWHERE, ReadLimits
from sim.exchange.read import as_known, observed_from
from sim.exchange.said import Said, date_from
from sim.exchange.simulated import example_data
from sim.exchange.tables.sheets import SITES
from sim.exchange.upload import Preview, Upload, preview, preview_sites
from sim.web.keeping import owned
from sim.web.work.data_reader import tables_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.exchange.observed import ObservedTrial
    from sim.exchange.tables.read import RawTable
    from sim.web.studio import Studio

_KINDS, _ORDERS = ("", "log", "counts", "sdtm"), ("", "dmy", "mdy", "ymd")


@dataclass(frozen=True)
class DataState:
    """The data of a page, and how they are read.

    Attributes:
        files: hashes of the data files.
        sites: hash of the table of sites; empty without one.
        kind: kind of the files, if a person chose it.
        columns: `ROLE:HEADER` texts; an empty header means no column.
        site_columns: the same for the table of sites.
        order: how to read 03/04/2024, if a person chose it.
        answers: `OPTION ANSWER` texts, answers to other questions about the data: `--status SF=screen failure`.
        as_of: the day from which to forecast; empty for the last day of the data.
    """

    files: tuple[str, ...] = ()
    sites: str = ""
    kind: str = ""
    columns: tuple[str, ...] = ()
    site_columns: tuple[str, ...] = ()
    order: str = ""
    answers: tuple[str, ...] = ()
    as_of: str = ""

    @classmethod
    def of(cls, query: str | Mapping[str, Sequence[str]] | None) -> Self:
        """The data state that a query names."""
        if query is None or isinstance(query, str):
            query = parse_qs((query or "").removeprefix("?"), keep_blank_values=True)

        def last(name: str, allowed: Sequence[str] = ()) -> str:
            value = (query.get(name) or [""])[-1]
            return value if not allowed or value in allowed else ""

        return cls(
            tuple(query.get("data", ())),
            last("sites"),
            last("kind", _KINDS),
            tuple(query.get("col", ())),
            tuple(query.get("scol", ())),
            last("dates", _ORDERS),
            tuple(query.get("say", ())),
            last("as_of"),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Its keys and values in a query."""
        found = [("data", digest) for digest in self.files]
        found += [("col", text) for text in self.columns] + [("scol", text) for text in self.site_columns]
        found += [("say", text) for text in self.answers]
        rest = {"sites": self.sites, "kind": self.kind, "dates": self.order, "as_of": self.as_of}
        return found + [(name, value) for name, value in rest.items() if value]

    def said(self) -> Said:
        """Everything a person said about how to read the data.

        Raises:
            UsageError: the query has an answer that is not allowed.
        """
        found = Said(_mapping(self.columns), self.order or None)  # type: ignore[arg-type]
        for text in self.answers:
            option, _, answer = text.partition(" ")
            found = found.answered(option, answer)
        return replace(found, as_of=date_from(self.as_of) if self.as_of else None)


def _mapping(texts: Sequence[str]) -> dict[str, str]:
    return {role: header for role, _, header in (text.partition(":") for text in texts)}


def keep(studio: Studio, upload: Upload) -> str:
    """Keep a visitor's file.

    Returns:
        Its hash.
    """
    content = base64.b64encode(upload.content).decode()
    return studio.visitors.keep_text(owned(upload.shown, content, studio.visitor))


def upload_from(name: str, contents: str) -> Upload:
    """A file as the browser sends it.

    Args:
        name: name of the file.
        contents: data URL, in base64.

    Raises:
        UsageError: the upload did not arrive whole.
    """
    try:
        return Upload(name, base64.b64decode(contents.partition(",")[2], validate=True))
    except binascii.Error:
        raise UsageError(Problem("did not arrive whole; try again", name)) from None


def example(studio: Studio) -> DataState:
    """Data to try: of a simulated trial."""
    log, sites = example_data()
    return DataState((keep(studio, log),), keep(studio, sites))


def with_data(studio: Studio, before: DataState, names: Sequence[str], contents: Sequence[str]) -> DataState:
    """The state with other data files, and the same table of sites.

    Raises:
        InputError: they are not tables, or too large.
    """
    uploads = [upload_from(name, text) for name, text in zip(names, contents, strict=True)]
    with suppress(QuestionError):  # which is asked once the files are kept
        tables_apart(uploads, _limits(studio))
    files = tuple(keep(studio, upload) for upload in uploads)
    return DataState(files, sites=before.sites, site_columns=before.site_columns)


def with_sites(studio: Studio, before: DataState, name: str, contents: str) -> DataState:
    """Another table of sites. Raises as `with_data`."""
    upload = upload_from(name, contents)
    tables_apart([upload], _limits(studio), purpose=SITES)
    return replace(before, sites=keep(studio, upload), site_columns=())


def _limits(studio: Studio) -> ReadLimits:
    most = studio.settings.limits.file_bytes
    return replace(FROM_ELSEWHERE, bytes=most, json_bytes=min(most, FROM_ELSEWHERE.json_bytes))


@dataclass(frozen=True)
class Files:
    """Data files, read as tables.

    Attributes:
        uploads: as they were brought.
        tables: the tables in them.
        sites: the table of sites.
        site_upload: the file that it is in.
    """

    uploads: tuple[Upload, ...]
    tables: list[RawTable]
    sites: RawTable | None
    site_upload: Upload | None


def files_of(studio: Studio, data: DataState) -> Files:
    """The files that a visitor uploaded.

    Raises:
        UsageError: there are none, or they are not kept here.
        DataError: they are not tables, or too large.
        QuestionError: it is not clear which sheet of a workbook to read.
    """
    if not data.files:
        raise UsageError(Problem("there are no data yet: upload a file, or try it with simulated data"))
    limits = _limits(studio)
    uploads = tuple(_kept(studio, digest) for digest in data.files)
    sites = _kept(studio, data.sites) if data.sites else None
    said = data.said()
    tables = tables_apart(uploads, limits, said.sheet, said.header)
    site_table = tables_apart([sites], limits, purpose=SITES)[0] if sites else None
    return Files(uploads, tables, site_table, sites)


def _kept(studio: Studio, digest: str) -> Upload:
    text = studio.visitors.text(digest)
    try:
        found = json.loads(text or "")
        return Upload(str(found["name"]), base64.b64decode(found["content"]))
    except (ValueError, KeyError, TypeError):
        raise UsageError(Problem(f"this data file {studio.visitors.why_not(digest)}", "?data")) from None


def previews(files: Files, data: DataState) -> tuple[Preview, Preview | None]:
    """What the data and the table of sites look like."""
    seen = preview(files.tables, _mapping(data.columns), data.kind or None)  # type: ignore[arg-type]
    return seen, preview_sites(files.sites, _mapping(data.site_columns)) if files.sites else None


def whole_trial(files: Files, data: DataState) -> ObservedTrial:
    """The trial as its data say, to their last day.

    Raises:
        DataError: the data check found errors.
        AmbiguousDatesError: dates could be read in two ways.
    """
    return observed_from(
        files.tables,
        files.sites,
        data.said(),
        site_columns=_mapping(data.site_columns),
        kind=data.kind or None,  # type: ignore[arg-type]
    )


def known_trial(files: Files, data: DataState, target: int | None = None) -> ObservedTrial:
    """The trial as it was known on the chosen day. Raises as `whole_trial`, and for a day before the first.

    Args:
        files: the files.
        data: how they are read.
        target: number of randomisations wanted; decides whether data that stop early raise a question.
    """
    return as_known(whole_trial(files, data), data.said().as_of, target)


def typed(files: Files, data: DataState, trial_options: bool = True) -> str:
    """The data and how they are read, as a person would type them on the command line."""
    words: list[Any] = [file.shown for file in files.uploads[:1]]
    if files.site_upload:
        words += ["--sites", files.site_upload.shown]
    said = {**_mapping(data.columns), **_mapping(data.site_columns)}
    if any(said.values()):
        words += ["--columns", ",".join(f"{role}={header}" for role, header in said.items() if header)]
    if data.order:
        words += ["--dates", data.order]
    status = data.said().status
    if status:
        words += ["--status", ",".join(f"{word}={meaning}" for word, meaning in status.items())]
    said_texts = data.said()
    for option, text in (
        ("--study", said_texts.study),
        ("--sheet", said_texts.sheet),
        ("--header", said_texts.header),
        ("--counts", said_texts.counts),
    ):
        words += [option, text] if text else []
    if data.as_of and trial_options:
        words += ["--as-of", data.as_of]
    return " ".join(shlex.quote(word) for word in words)

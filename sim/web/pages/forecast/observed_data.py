"""Data of a running trial that a visitor uploaded: kept by hash, and named by the query of the page.

?data=<hash>&data=<hash>&sites=<hash>&kind=log&col=date:Rand Dt&scol=site:Centre&dates=dmy&as_of=2024-03-31

The query holds how the data are read, and not what was read: each callback reads the files again, so that pages need no
memory of a visitor and a link shows the same to everybody.
"""

from __future__ import annotations

import base64
import binascii
import json
import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlencode

from sim.errors import Problem, UsageError
from sim.exchange.findings import QuestionError
from sim.exchange.limits import FROM_ELSEWHERE, ReadLimits
from sim.exchange.read import as_known, observed_from
from sim.exchange.said import Said, date_from
from sim.exchange.simulated import example_data
from sim.exchange.tables.sheets import SITES
from sim.exchange.upload import Preview, Upload, preview, preview_sites
from sim.forecast.continued.told import Told, as_told, told
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
        closed: periods in which nobody could be randomised, as in `2024-03-01..2024-04-15`.
        ends: the announced last day of recruitment; empty without one.
        a_month: number of sites that open per month from now on; empty if not said.
    """

    files: tuple[str, ...] = ()
    sites: str = ""
    kind: str = ""
    columns: tuple[str, ...] = ()
    site_columns: tuple[str, ...] = ()
    order: str = ""
    answers: tuple[str, ...] = ()
    as_of: str = ""
    closed: tuple[str, ...] = ()
    ends: str = ""
    a_month: str = ""

    @classmethod
    def of(cls, query: str | Mapping[str, Sequence[str]] | None) -> Self:
        """The data state that a query names; what is not allowed is taken as not said.

        Args:
            query: a query with or without its question mark, or as parsed; None for no data.
        """
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
            tuple(query.get("closed", ())),
            last("ends"),
            last("a_month"),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Its keys and values in a query."""
        found = [("data", digest) for digest in self.files]
        found += [("col", text) for text in self.columns] + [("scol", text) for text in self.site_columns]
        found += [("say", text) for text in self.answers]
        found += [("closed", text) for text in self.closed]
        rest = {"sites": self.sites, "kind": self.kind, "dates": self.order, "as_of": self.as_of}
        rest |= {"ends": self.ends, "a_month": self.a_month}
        return found + [(name, value) for name, value in rest.items() if value]

    def query(self) -> str:
        """Its query, with its question mark."""
        return f"?{urlencode(self.pairs())}"

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

    def told(self) -> Told:
        """What a person said of recruitment that the data do not contain.

        Raises:
            UsageError: it is no period, date or number.
        """
        try:
            a_month = float(self.a_month) if self.a_month else None
        except ValueError:
            raise UsageError(Problem("must be a number", path="--sites-a-month", value=self.a_month)) from None
        return told(self.closed, self.ends or None, a_month)


def _mapping(texts: Sequence[str]) -> dict[str, str]:
    return {role: header for role, _, header in (text.partition(":") for text in texts)}


def keep(studio: Studio, upload: Upload) -> str:
    """Keep a visitor's file, as theirs.

    Args:
        studio: the studio.
        upload: the file.

    Returns:
        The hash under which the studio has it.
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


def example(studio: Studio, before: DataState) -> DataState:
    """Data to try: of a simulated trial. What was said of recruitment stays."""
    log, sites = example_data()
    return replace(_only_told(before), files=(keep(studio, log),), sites=keep(studio, sites))


def _only_told(data: DataState) -> DataState:
    return DataState(closed=data.closed, ends=data.ends, a_month=data.a_month)


def with_data(studio: Studio, before: DataState, names: Sequence[str], contents: Sequence[str]) -> DataState:
    """The state with other data files, the same table of sites, and what was said of recruitment.

    What was said of the columns of the files before is dropped.

    Args:
        studio: the studio, which keeps the files.
        before: the state before.
        names: names of the files.
        contents: for each file, its data URL in base64, as the browser sends it.

    Raises:
        InputError: they are not tables, or too large.
    """
    uploads = [upload_from(name, text) for name, text in zip(names, contents, strict=True)]
    with suppress(QuestionError):  # which is asked once the files are kept
        tables_apart(uploads, _limits(studio))
    files = tuple(keep(studio, upload) for upload in uploads)
    return replace(_only_told(before), files=files, sites=before.sites, site_columns=before.site_columns)


def with_sites(studio: Studio, before: DataState, name: str, contents: str) -> DataState:
    """The state with another table of sites.

    Args:
        studio: the studio, which keeps the file.
        before: the state before.
        name: name of the file.
        contents: its data URL in base64.

    Raises:
        InputError: it is not a table, or too large.
    """
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
        uploads: the files as they were brought, one or more.
        tables: the tables in them.
        sites: the table of sites; None without one.
        site_upload: the file that it is in; None without one.
    """

    uploads: tuple[Upload, ...]
    tables: list[RawTable]
    sites: RawTable | None
    site_upload: Upload | None


def files_of(studio: Studio, data: DataState) -> Files:
    """The files that a visitor uploaded, read from where the studio keeps them.

    Args:
        studio: the studio.
        data: which files, and how they are read.

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
    """What the data and the table of sites look like.

    Args:
        files: the files.
        data: how they are read.

    Returns:
        First rows, headers and roles of columns, of the data and of the table of sites (None without one).
    """
    seen = preview(files.tables, _mapping(data.columns), data.kind or None)  # type: ignore[arg-type]
    return seen, preview_sites(files.sites, _mapping(data.site_columns)) if files.sites else None


def whole_trial(files: Files, data: DataState) -> ObservedTrial:
    """The trial as its data say, to their last day.

    Args:
        files: the files.
        data: how they are read.

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


def finished_trial(files: Files, data: DataState) -> ObservedTrial:
    """The whole trial with what was said of its recruitment, for a backtest.

    Sites that open a month from now on mean nothing on each of several days of the past, and are left out.

    Args:
        files: the files.
        data: how they are read.

    Raises:
        InputError: as `whole_trial`, or what was said of recruitment does not fit the data.
    """
    return as_told(whole_trial(files, data), replace(data.told(), sites_a_month=None), is_finished=True)


def known_trial(files: Files, data: DataState, target: int | None = None) -> ObservedTrial:
    """The trial as it was known on the chosen day, with what was said of its recruitment.

    Args:
        files: the files.
        data: how they are read.
        target: number of randomisations wanted; decides whether data that stop early raise a question.

    Raises:
        InputError: as `whole_trial`, or the day is before the first of the data.
    """
    return as_told(as_known(whole_trial(files, data), data.said().as_of, target), data.told())


def typed(files: Files, data: DataState, *options: str) -> str:
    """The data, how they are read and what was said, as a person would type them on the command line.

    Several files are a folder on the command line, which is named after them.

    Args:
        files: the files.
        data: how they are read.
        options: which of `--as-of`, `--ends` and `--sites-a-month` the command has.
    """
    names = [file.shown for file in files.uploads]  # several are domains of SDTM, which are read from a folder
    words: list[Any] = names if len(names) == 1 else [f"folder-of-{'-'.join(names)}"]
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
    for period in data.closed:
        words += ["--closed", period]
    for option, text in (("--as-of", data.as_of), ("--ends", data.ends), ("--sites-a-month", data.a_month)):
        words += [option, text] if text and option in options else []
    return " ".join(shlex.quote(word) for word in words)

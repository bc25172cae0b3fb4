"""What visitors keep goes when they take it away, when nobody has used it for long, and when it is too much."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import g

from sim.errors import InputError, UsageError
from sim.exchange.upload import Upload
from sim.web import visitors as visitors_module
from sim.web.app import create_app
from sim.web.keeping import HISTORY, MADE, owned, take_away, tidy
from sim.web.pages.forecast import observed_data
from sim.web.pages.forecast.observed_data import DataState
from sim.web.settings import Limits, Settings
from sim.web.state import State
from sim.web.studio import Studio
from sim.web.visitors import Visitor, Visitors, new_name

DAY = 86_400.0
LOG = Upload("log.csv", b"date,site\n2024-01-31,A\n2024-02-03,B\n2024-02-05,A\n")


@pytest.fixture
def kept(tmp_path: Path) -> Visitors:
    return Visitors(tmp_path)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    _, found = create_app(Settings(tmp_path))
    yield found
    found.close()


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_taking_data_away_deletes_them_and_what_was_made_of_them(kept: Visitors) -> None:
    me = kept.of(new_name())
    data, sites, other = (kept.keep_text(owned(f"{name}.csv", "eA==", me)) for name in ("log", "sites", "other"))
    fitted, own = kept.keep_text("name: fitted\n"), kept.keep_text("name: mine\n")
    me.remember(MADE, {"of": [data, sites], "file": fitted})
    for name, file in (("of-fit", fitted), ("of-own", own)):
        (me.runs / name).mkdir(parents=True)
        (me.runs / name / "summary.csv").write_text("x")
        me.remember(HISTORY, {"query": f"?file={file}&seed=3", "folder": name})
    (me.folder / "parts" / "question").mkdir(parents=True)
    take_away(kept, me, [data, sites])
    assert [kept.text(digest) is None for digest in (data, sites, fitted, other, own)] == [True] * 3 + [False] * 2
    assert [path.name for path in me.runs.iterdir()] == ["of-own"]
    assert [entry["folder"] for entry in me.remembered(HISTORY)] == ["of-own"]
    assert me.remembered(MADE) == []
    assert not (me.folder / "parts").exists()


def test_one_visitor_neither_finds_nor_deletes_the_data_of_another(kept: Visitors) -> None:
    """Not even by having the same; by a link that was given on purpose they are opened, and stay."""
    me, you = kept.of(new_name()), kept.of(new_name())
    mine, yours = (kept.keep_text(owned("log.csv", "eA==", who)) for who in (me, you))
    assert mine != yours
    assert kept.text(mine) is not None
    take_away(kept, you, [mine, yours])
    assert kept.text(mine) is not None
    assert kept.text(yours) is None


def test_a_link_to_deleted_data_says_so(studio: Studio) -> None:
    with studio_request(studio):
        digest = observed_data.keep(studio, LOG)
        state = DataState((digest,))
        assert observed_data.files_of(studio, state).uploads[0].name == "log.csv"
        studio.take_away([digest])
        with pytest.raises(UsageError, match="this data file was deleted: it was taken away"):
            observed_data.files_of(studio, state)
        with pytest.raises(UsageError, match="is not kept here; the link belongs to another studio"):
            observed_data.files_of(studio, DataState(("0" * 64,)))
        scenario = State(file=studio.visitors.keep_text("name: mine\nextends: base.yaml\n"))
        assert studio.loaded(scenario).scenario.name == "mine"
        studio.visitors.forget([scenario.file])
        studio.take_away([])
        with pytest.raises(InputError, match="this scenario was deleted"):
            studio.loaded(scenario)
        again = observed_data.keep(studio, LOG)
        assert observed_data.files_of(studio, DataState((again,))).uploads[0].name == "log.csv", "brought again"


def studio_request(studio: Studio) -> object:
    """A request of a visitor, in which a page is served."""
    app, other = create_app(studio.settings)
    other.close()

    class _Request:
        def __enter__(self) -> None:
            self._context = app.server.test_request_context("/")
            self._context.__enter__()
            g.visitor = "0" * 32

        def __exit__(self, *exc: object) -> None:
            self._context.__exit__(None, None, None)

    return _Request()


def unused(path: Path, days: float, now: float) -> None:
    for part in (path, *path.rglob("*")):
        os.utime(part, (now - days * DAY,) * 2)


def make_run(visitor: Visitor, name: str, n_bytes: int) -> Path:
    folder = visitor.runs / name
    folder.mkdir(parents=True)
    (folder / "data").write_bytes(b"x" * n_bytes)
    return folder


def test_what_nobody_has_used_for_long_is_deleted(kept: Visitors, tmp_path: Path) -> None:
    now = 2e9
    old, new = kept.keep_text("old"), kept.keep_text("new")
    me = kept.of(new_name())
    runs = [make_run(me, name, 10) for name in ("old", "new")]
    for path, days in ((tmp_path / "files" / old, 91), (tmp_path / "files" / new, 89), (runs[0], 91), (runs[1], 89)):
        unused(path, days, now)
    assert {path.name for path in tidy(tmp_path, Limits(kept_days=90), now)} == {old, "old"}
    assert (kept.text(old), kept.text(new)) == (None, "new")
    assert "was deleted" in kept.why_not(old)
    assert [path.name for path in me.runs.iterdir()] == ["new"]


def test_a_use_is_noted(kept: Visitors, tmp_path: Path) -> None:
    digest = kept.keep_text("used")
    path = tmp_path / "files" / digest
    unused(path, 80, path.stat().st_mtime)
    kept.text(digest)
    assert tidy(tmp_path, Limits(kept_days=90), path.stat().st_mtime + 89 * DAY) == []


def test_the_longest_unused_go_first_when_it_is_too_much(kept: Visitors, tmp_path: Path) -> None:
    now = 2e9
    me = kept.of(new_name())
    for days, name in ((3, "oldest"), (2, "older"), (1, "newer"), (0, "in-use")):
        unused(make_run(me, name, 1_000_000), days, now)
    tidy(tmp_path, Limits(kept_bytes=2_500_000), now)
    assert {path.name for path in me.runs.iterdir()} == {"newer", "in-use"}
    tidy(tmp_path, Limits(kept_bytes=0), now)
    assert {path.name for path in me.runs.iterdir()} == {"in-use"}


def test_a_full_disk_is_said(kept: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(visitors_module, "write_whole", full)
    with pytest.raises(UsageError, match="the disk of this studio is full"):
        kept.keep_text("x")

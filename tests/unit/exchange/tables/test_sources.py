"""What is read as a file, and how much of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sim.exchange.findings import DataError
from sim.exchange.limits import ON_DISK
from sim.exchange.tables.sources import bytes_of, check_size, is_folder

TEN = replace(ON_DISK, bytes=10, json_bytes=5)


def test_a_file_is_read_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"0123456789")
    assert bytes_of(tmp_path / "a.csv", TEN) == b"0123456789"
    (tmp_path / "b.csv").write_bytes(b"0123456789x")
    with pytest.raises(DataError, match="is larger than"):
        bytes_of(tmp_path / "b.csv", TEN)
    with pytest.raises(DataError, match="there is no such file"):
        bytes_of(tmp_path / "c.csv")
    with pytest.raises(DataError, match="cannot be read"):
        bytes_of(Path("a\0b"))
    with pytest.raises(DataError, match="cannot be read: File name too long"):
        bytes_of(Path("a" * 5_000))


def test_json_has_a_limit_of_its_own() -> None:
    check_size(10, "a.csv", TEN)
    check_size(5, "a.JSON", TEN)
    for size, name in ((11, "a.csv"), (6, "a.json")):
        with pytest.raises(DataError, match="is larger than"):
            check_size(size, name, TEN)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, what in (("pipe", "is a pipe"), ("", "is a folder")):
        with pytest.raises(DataError, match=what):
            bytes_of(tmp_path / name)
    with pytest.raises(DataError, match="is a device"):
        bytes_of(Path(os.devnull))


def test_a_folder(tmp_path: Path) -> None:
    assert is_folder(tmp_path)
    assert not is_folder(tmp_path / "x")
    assert not is_folder(Path("a\0b"))

"""The reference pages say what the program does: they are up to date, and no column, key or option is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import ROOT

from sim.analysis.dictionary import FILES
from sim.api.run import run
from sim.cli import cli
from sim.cli.reference import PAGES, page_of
from sim.experiment.run.results import Results
from sim.scenario.load import load_scenario

REFERENCE = ROOT / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_up_to_date(name: str) -> None:
    """Each page is what the command makes now."""
    kept = (REFERENCE / f"{name}.md").read_text(encoding="utf-8")
    assert kept == page_of(name, cli), "renew it: python run_sim.py reference --out docs/reference"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("reference") / "run"
    scenario = load_scenario("base", ("trial.target=2",))
    few = {
        "screening.consent": scenario.sources["screening.consent"]
    }  # a run of so few trials looks at few assumptions
    scenario = scenario.model_copy(update={"sources": few})
    return run(scenario, replications=96, workers=1, out=folder, report=False)


def columns_of(path: Path) -> list[str]:
    """Columns of a table, or top-level keys of a document in the order of the page."""
    if path.suffix == ".parquet":
        return list(pq.read_schema(path).names)
    return list(pd.read_csv(path, nrows=0).columns)


@pytest.mark.parametrize(
    "file", [file for file in FILES if not file.name.endswith(".json")], ids=lambda file: file.name
)
def test_every_column_is_defined(results: Results, file: object) -> None:
    """The columns of a real run are those that the data dictionary defines, in its order, with unit and meaning."""
    defined = file.columns(results.design)  # type: ignore[attr-defined]
    assert columns_of(results.path / file.name) == [column.name for column in defined]  # type: ignore[attr-defined]
    assert all(column.unit and column.meaning for column in defined)


def test_every_file_and_every_key_of_the_manifest_is_defined(results: Results) -> None:
    """A run leaves no file, and its manifest no key, that the data dictionary does not define."""
    known = {file.name: file for file in FILES}
    assert {path.name for path in results.path.iterdir()} <= set(known)
    manifest = json.loads((results.path / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest) == {key.name for key in known["manifest.json"].columns(results.design)}


def test_every_word_of_the_events_is_in_the_page(results: Results) -> None:
    """Kinds of event and code words of real events stand in the page, or are names of the scenario."""
    page = (REFERENCE / "results.md").read_text(encoding="utf-8")
    design = results.design
    named = {*design.criteria, *design.ways_out, *(arm.name for arm in design.arms)}
    words = set(results.events["event"]) | (set(results.events["detail"].dropna()) - named)
    assert len(words) > 30
    assert all(f"`{word}`" in page for word in words)

"""No id stands on a page twice: what an answer is made of has ids of its own, whatever its parts are called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import g

import sim
from sim.report.exhibits import Exhibit, Table
from sim.report.forecast.fit_page import fit_content
from sim.report.forecast.page import forecast_content
from sim.report.plain_page import PageSection, PlainPage
from sim.web.app import create_app
from sim.web.pages import PAGES
from sim.web.parts.components import figure_with_table
from sim.web.parts.report_view import report_view
from sim.web.settings import Settings


def ids_of(part: Any) -> list[str]:
    """The ids of a component and of all in it."""
    own = [str(part.id)] if hasattr(part, "id") else []
    return own + [str(found.id) for found in part._traverse() if hasattr(found, "id")]


@pytest.fixture(scope="module")
def of_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """The ids of each page as it is opened, and under "" those that callbacks name and that of the frame."""
    app, studio = create_app(Settings(tmp_path_factory.mktemp("studio")))
    found = {"": ids_of(app.layout)}
    with app.server.test_request_context("/"):
        g.visitor = "0" * 32
        for name in PAGES:
            found[name] = ids_of(import_module(f"sim.web.pages.{name}").layout(studio, {}))
    app.server.test_client().get("/_dash-dependencies")  # so that Dash has set up all callbacks
    for callback in app.callback_map.values():
        for each in (*callback["inputs"], *callback["state"]):
            found[""].append(str(each["id"]))
    yield found
    studio.close()


@pytest.mark.parametrize("name", PAGES)
def test_no_id_stands_on_a_page_twice(name: str, of_pages: dict[str, list[str]]) -> None:
    ids = of_pages[name]
    assert len(ids) == len(set(ids))


def test_no_part_of_an_answer_takes_the_place_of_a_part_of_a_page(of_pages: dict[str, list[str]]) -> None:
    """Even if it is called as one is: the section on the data of a forecast was."""
    taken = {name for ids in of_pages.values() for name in ids}
    assert {"forecast-data", "sweep-wrong", "shell-url"} <= taken
    for page in {*(name.partition("-")[0] for name in taken if name[0] != "{"), "forecast-back", "forecast-fit"}:
        names = [name.removeprefix(f"{page}-") for name in taken if name.startswith(f"{page}-")]
        exhibits = tuple(Exhibit(name, name, name, table=Table(name, ("a",), ())) for name in names)
        sections = tuple(
            PageSection(name, name, exhibits=(figure,)) for name, figure in zip(names, exhibits, strict=True)
        )
        answer = PlainPage(page, page, page, page, page, sections=sections)
        found = ids_of(report_view(answer, page))
        assert len(found) >= 2 * len(names)
        assert not taken & set(found)
        assert not taken & {name for figure in exhibits for name in ids_of(figure_with_table(figure, page))}


def test_no_id_stands_in_an_answer_twice(tmp_path: Path) -> None:
    data = tmp_path / "log.csv"
    days = [date(2024, 1, 3) + timedelta(days=8 * i) for i in range(30)]
    rows = [f"P{i},{'north' if i % 3 else 'south' if i else ''},{day}" for i, day in enumerate(days)]
    data.write_text("\n".join(["participant,site,date", *rows]))  # of the first nobody wrote the site
    fitted = sim.fit(data, target=60, out=tmp_path / "fit")
    answer = sim.forecast(fitted, data, replications=30, workers=1, out=tmp_path / "forecast")
    for content in (fit_content(fitted, "", []), forecast_content(answer, "")):
        ids = ids_of(report_view(content, "forecast"))
        assert len(ids) == len(set(ids)) > 10

"""The pages are true: their commands run and print what they say, their links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from examples import blocks, can_be_followed, commands, follow, has_examples, pages

from sim.cli import cli

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d\b")
PAGES = pages()


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# Pages whose examples take longest, even small: what they show is shown by the functional tests too.
_LONG = ("backtest", "compare", "explain", "fit", "forecast", "in-python", "plan", "results", "run", "sweep", "teach")
LONG = {"docs/tutorial.md", "docs/forecast/tutorial.md", *(f"docs/how-to/{name}.md" for name in _LONG)}


def _with_examples(slow: Collection[str] = ()) -> list[Any]:
    found = []
    for page in filter(has_examples, PAGES):
        marks = [pytest.mark.skipif(not can_be_followed(page), reason="the real trials are not here")]
        marks += [pytest.mark.slow] if name_of(page) in slow else []
        found.append(pytest.param(page, marks=marks, id=name_of(page)))
    return found


@pytest.mark.parametrize("page", _with_examples(slow=LONG))
def test_examples_run(page: Path, tmp_path: Path) -> None:
    """Every command and Python block of the page runs, made small; what does not simulate prints what is said."""
    _, wrong = follow(page, tmp_path, quick=True)
    assert not wrong, "\n".join(["renew them with: python tests/docs/examples.py --write", *wrong])


@pytest.mark.slow
@pytest.mark.parametrize("page", _with_examples())
def test_examples_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    """At their full size, the simulations print what the page says."""
    _, wrong = follow(page, tmp_path, quick=False)
    assert not wrong, "\n".join(["renew them with: python tests/docs/examples.py --write", *wrong])


def anchors(page: Path) -> set[str]:
    """What a link may point to within a page: its headings, as GitHub names them, and its own anchors."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


def broken(page: Path) -> list[str]:
    """Links of a page that lead nowhere in this repository."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = []
    for match in _LINK.finditer(text):
        link = match[1] or match[2]
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link points to a file, and to a heading, that exists."""
    assert broken(page) == []


def test_every_page_can_be_found() -> None:
    """Every page of the documentation is linked from its index, directly or from a page that is."""
    reached, todo = set(), [ROOT / "docs" / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        for match in _LINK.finditer(page.read_text(encoding="utf-8")):
            link = (match[1] or match[2]).partition("#")[0]
            if link and "://" not in link:
                todo.append((page.parent / link).resolve())
    assert [name_of(page) for page in sorted((ROOT / "docs").rglob("*.md")) if page not in reached] == []


def test_the_first_two_commands() -> None:
    """The README begins with the command that sets up and runs, and the one that sets up and tests."""
    first = [block.lines[0].split("#")[0].strip() for block in blocks((ROOT / "README.md").read_text(encoding="utf-8"))]
    assert first[:2] == ["make run", "make test"]


@pytest.mark.parametrize("page", [ROOT / "docs" / "tutorial.md", ROOT / "README.md"], ids=name_of)
def test_dates_in_the_prose_are_those_of_the_examples(page: Path) -> None:
    """A date that the text mentions stands in an example or a file of the same page, or in the base scenario."""
    text = page.read_text(encoding="utf-8")
    known = (ROOT / "scenarios" / "base.yaml").read_text(encoding="utf-8")
    for block in blocks(text):
        known += "\n".join([*block.lines, *(line for _, lines in commands(block) for line in lines)])
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert [date for date in _DATE.findall(prose) if date not in known] == []


def test_commands_named_in_the_text_exist() -> None:
    """A command in the running text of a page is one of the program's, and has the options that it is shown with."""
    wrong = []
    for page in PAGES:
        prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for name, rest in re.findall(r"`(?:trialclock|python run_sim\.py) ([a-z]+)([^`]*)`", prose):
            options = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest))
            parameters = cli.commands[name].params if name in cli.commands else []
            known = {option for parameter in parameters for option in parameter.opts} | {"--help"}
            if name not in cli.commands or not options <= known:
                wrong.append(f"{name_of(page)}: trialclock {name}{rest}")
    assert wrong == []


def test_contributing_names_every_package() -> None:
    """A newcomer finds every room in it: each package and module at the top of `sim`, and each folder of tests."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    inside = [path for path in (ROOT / "sim").iterdir() if path.name[0] not in "_."]
    rooms = [f"sim/{path.name}" for path in inside if path.suffix == ".py" or (path / "__init__.py").is_file()]
    tests = [f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if any(path.glob("test_*.py"))]
    assert [room for room in [*rooms, *tests, "tests/unit"] if f"`{room}`" not in text] == []

"""Words of reports and messages that name the command line, as the studio says them.

They are written once, for both; what tells a reader to type something speaks here of the control that does it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.report.key_words import lowered, path_words

if TYPE_CHECKING:
    from sim.errors import Problem

_PAGES = {
    "explain": "Explain",
    "compare": "Compare",
    "sweep": "Sweep",
    "forecast": "Forecast",
    "plan": "Cheapest plan",
    "new": "New trial",
}
_COMMAND = re.compile(rf"`trialclock ({'|'.join(_PAGES)})[^`]*`")
_SET = re.compile(r"--set ([\w.]+)(?:=(\S+))?")
_SAID = tuple(
    (re.compile(pattern, re.DOTALL), said)
    for pattern, said in (
        (r"use --shares, or its switch in the studio", "use its switch above"),
        (r"--replications allows more", "more may be asked for"),
        (r" \(--[a-z-]+( does)?\)", ""),
        # what is asked about data, beside whose controls it stands
        (r"; say which, as in --columns .*$", "; choose the column below"),
        (r"; say which column counts them, as in --columns .*$", "; choose below the column that counts them"),
        (r"; say which with --dates dmy or --dates mdy", "; choose below which comes first"),
        (r"; say which with --columns.*$", "; choose the column below"),
        (r"; say which with --.*$", "; choose below"),
        (r"; if they failed, say --status .*$", "; give them a status if they failed"),
        (r"say --as-of (\S+)", r"go on from \1, below"),
        (r"; if each is a site, say --columns .*$", ""),
        (r"say --columns (\w+)=NAME", r"choose it below as '\1'"),
        (r"say --columns (\w+)=(\w+)", r"choose '\2' below as '\1'"),
        (r"by --columns", "as chosen"),
        (r", with --sheet NAME", ""),
        (r", for --sites; the data", ", which has a place of its own; the data"),
        (r"give it to `run`, or before --observed, and here", "open it on the page Plan, and bring here"),
        (r"give it before --observed, and the", "open it on the page Plan, and bring the"),
        (r"; null: ", "; empty: "),  # of a control
        # what a forecast or a fit asks
        (r" If so, say --(?:closed|sites-a-month) [^\s:]+:", " If so, say so above:"),
        (
            r"fit with --follow-up-weeks, or --set follow_up",
            "fit it with a length of follow-up, or add one to the plan",
        ),
        # what other questions refuse
        (r"--replications and --seed are options of their own", "its number and the seed have controls of their own"),
        (r"--design latin-hypercube", "a Latin hypercube"),
        (r", as in --vary \S+", ""),
        (r"the other's --seed", "the other's seed"),
        (r", with --resume", ""),
        (r"Run the same command with fewer --workers to continue", "Ask again to continue"),
        (r": give it by --extension FILE(?: \(.*?\))?", ", which only the command line and Python take"),
        (r"the file is given by --extension", "only the command line and Python take its file"),
        (r"its file, given by --extension", "its file, which only the command line and Python take"),
    )
)
_CONTROLS = {
    "--columns": "the columns chosen below",
    "--dates": "the order chosen below",
    "--as-of": "the day chosen below",
    "--closed": "the closed periods",
    "--ends": "the announced last day",
    "--sites-a-month": "the sites a month",
    "--target": "the participants wanted",
    "--milestone": "the milestone",
    "--by": "the date to make",
    "--points": "the number of points",
    "--set": "a changed value",
    "--vary": "what is varied",
}
_PLACE = re.compile(r"(?:(?<=^)|(?<=: ))--[a-z-]+(?=: )", re.MULTILINE)  # where a problem names what is wrong


_FILES = re.compile(r"^Source: (?:[\w-]+\.(?:csv|parquet)(?:, | and )?)+[.;,:]? ?")
_CAMERA = "Wide screens have a camera above the figure, which saves it as a picture."


def source_in_studio(text: str) -> str:
    """What is said of where a figure comes from, without names of files, which a visitor does not see; may be empty.

    Args:
        text: the source as a report says it.
    """
    said = in_studio(_FILES.sub("", text).replace(_CAMERA, "")).strip()
    if said.startswith("("):
        said = said[1:].replace(")", "", 1)
    return f"{said[:1].upper()}{said[1:]}"


def in_studio(text: str) -> str:
    """A text without commands and options: what they do is done by pages and controls here."""
    text = _COMMAND.sub(lambda found: f"the page {_PAGES[found[1]]}", text)
    for pattern, said in _SAID:
        text = pattern.sub(said, text)
    return _SET.sub(_setting, text)


def _setting(found: re.Match[str]) -> str:
    name, value = lowered(path_words(found[1])), found[2]
    to = "" if value in (None, "...") else f" to {'none' if value == 'null' else value}"
    return f"set “{name}”{to} on the page Plan"


def told_in_studio(text: str) -> str:
    """Messages of the command line, one a line, as `problem_in_studio` says each.

    Args:
        text: problems as texts, as a job tells them.
    """
    return _PLACE.sub(lambda found: _CONTROLS.get(found[0], found[0]), in_studio(text))


def problem_in_studio(problem: Problem) -> Problem:
    """A message of the command line, with controls in place of its options.

    Args:
        problem: what is wrong; what it names as its file or its path may be an option.
    """
    return replace(
        problem,
        message=in_studio(problem.message),
        file=_CONTROLS.get(problem.file or "", problem.file),
        path=_CONTROLS.get(problem.path or "", problem.path),
    )

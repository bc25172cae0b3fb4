"""What all pages are made with: templates, plotly.js, and figures as JSON that cannot break the page they are in.

A page carries its own scripts, so that it opens offline, and a content security policy that allows those scripts alone:
no text of a scenario or of a results folder can run as one.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from sim.report.exhibits import Exhibit

_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = r"(?:%|(?:day|week|month|year|hour|minute|second|point)s?\b|(?:d|h|s|kg|km|ms|MB|GB)\b)"
WHOLE = re.compile(  # what does not break at the end of a line
    r"\d{4}-\d\d-\d\d"
    r"|-[\d?]+(?: d/never|/\+[\d?]+ d)"  # how far an interval reaches
    rf"|(?:\b[A-Z]{{3}} )?[-+]?\b{_NUMBER}(?: ?±{_NUMBER})?(?: (?:to|and) [-+]?{_NUMBER})? {_UNIT}"
    rf"|\b[A-Z]{{3}} [-+]?{_NUMBER}(?: ?±{_NUMBER})?|[-+]?\b{_NUMBER} ?±{_NUMBER}|± ?{_NUMBER}(?: {_UNIT})?"
)


def environment(*packages: str) -> Environment:
    """Templates of this package and of others; text put into them is escaped.

    Args:
        packages: names of other packages that have a folder `templates`; these are searched first.

    Returns:
        A Jinja environment that fails on an undefined name, with two filters: `unbroken` keeps dates and errors on one
        line, `breakable` lets a dotted path break after its dots.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in (*packages, "sim.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"unbroken": _unbroken, "breakable": _breakable}
    return found


def _unbroken(text: str) -> Markup:
    """Escaped text in which dates and errors do not break at the end of a line."""
    from markupsafe import Markup, escape

    return Markup(WHOLE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))


def _breakable(path: str) -> Markup:
    """An escaped dotted path that may break after its dots."""
    from markupsafe import Markup, escape

    return Markup(str(escape(path)).replace(".", ".<wbr>"))


def template_text(name: str) -> str:
    """A file of this program that goes into a page unchanged.

    Args:
        name: name of a file in `sim/report/templates`.

    Returns:
        Its text with line ends as on Unix, so that pages are the same bytes on every system.
    """
    return (files("sim.report") / "templates" / name).read_text(encoding="utf-8").replace("\r\n", "\n")


@lru_cache(maxsize=1)
def plotly_script() -> str:
    """The whole of plotly.js, with plain line ends, as a browser hashes it.

    Returns:
        About five megabytes of JavaScript, for pages that open offline.
    """
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def script_hash(text: str) -> str:
    """The hash by which a page's content security policy allows this script alone.

    Args:
        text: the text between the script tags, to the letter.

    Returns:
        A SHA-256 in base64, for `script-src 'sha256-...'` (W3C, Content Security Policy Level 3).
    """
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def figure_json(exhibit: Exhibit) -> str:
    """A figure as JSON that cannot close the script element around it, whatever its texts.

    Args:
        exhibit: an exhibit with a figure.

    Returns:
        The figure's `data` and `layout` for `Plotly.newPlot`, without plotly's random ids, so that equal figures are
        equal bytes.
    """
    from plotly.io import to_json

    return escaped_json(to_json(exhibit.figure, engine="json", remove_uids=True))


def escaped_json(text: str) -> str:
    """JSON that cannot close the script element around it, whatever its texts.

    Args:
        text: JSON.

    Returns:
        The same JSON value, with `<`, `>`, `&` and the two line separators of JavaScript written as escapes.
    """
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text

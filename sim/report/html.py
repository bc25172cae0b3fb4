"""What every page is made with: templates, plotly.js, and figures as JSON that no page can be broken by."""

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

_WHOLE = re.compile(r"\d{4}-\d\d-\d\d|-\d+/\+\w+ d|±[\d.,]+( %| days)?|[\d.]+ %")


def environment(*packages: str) -> Environment:
    """Templates of other packages, and of this one; what is put into them is escaped."""
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
    """Text, escaped, whose dates and errors are not broken at the end of a line."""
    from markupsafe import Markup, escape

    return Markup(_WHOLE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))


def _breakable(path: str) -> Markup:
    """A dotted path, escaped, that may be broken after its dots."""
    from markupsafe import Markup, escape

    return Markup(str(escape(path)).replace(".", ".<wbr>"))


def template_text(name: str) -> str:
    """A file of this program that is put into the page as it is."""
    return (files("sim.report") / "templates" / name).read_text(encoding="utf-8").replace("\r\n", "\n")


@lru_cache(maxsize=1)
def plotly_script() -> str:
    """plotly.js, whole, as browsers read it: with plain line ends."""
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def script_hash(text: str) -> str:
    """What the page's security policy must name so that a browser runs this script and no other."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def figure_json(exhibit: Exhibit) -> str:
    """A figure as JSON that cannot end the script element it stands in, whatever texts are in it."""
    from plotly.io import to_json

    return escaped_json(to_json(exhibit.figure, engine="json", remove_uids=True))


def escaped_json(text: str) -> str:
    """JSON that cannot end the script element it stands in, whatever texts are in it."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text

"""The milestones as a Gantt chart: an SVG, which can be placed in a document without loss, or a PNG.

Both draw the same shapes. The PNG uses the font that Pillow brings with it, so it looks the same on every machine.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from xml.sax.saxutils import escape

from sim.report.documents.chart import Bar, chart
from sim.report.documents.content import Content
from sim.report.documents.letters import check_letters

_WIDTH, _NAMES, _RIGHT = 900, 240, 30
_HEAD, _ROW, _AXIS, _FOOT = 58, 28, 26, 40
_INK, _GREY, _LIGHT, _BLUE, _PALE, _ORANGE = "#1c2733", "#5b6876", "#dfe5ea", "#1f6f9f", "#a9cfe4", "#c8642b"
_LEGEND = "Bars from P10 to P90; line at P50, triangle at P80, diamond: registered date."
_PIXELS, _FINER = 2, 2  # of the PNG for each unit; it is drawn that many times finer, so that edges are smooth


@dataclass(frozen=True)
class _Text:
    """A line of text on its base line, from `x` on or around it."""

    x: float
    y: float
    size: int
    colour: str
    text: str
    is_middle: bool = False


@dataclass(frozen=True)
class _Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class _Shape:
    """A filled polygon."""

    corners: tuple[tuple[float, float], ...]
    colour: str


def gantt_svg(page: Content) -> bytes:
    """The chart of the milestones as an SVG, 900 units wide.

    Args:
        page: what the run says.

    Returns:
        The bytes of the file, equal for equal runs.
    """
    height = _height(page)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif" role="img">',
        f"<title>{escape(page.title)}: when each milestone comes</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *map(_as_svg, _drawn(page)),
    ]
    return ("\n".join([*parts, "</svg>"]) + "\n").encode()


def gantt_png(page: Content) -> bytes:
    """The chart of the milestones as a PNG, 1,800 pixels wide.

    Args:
        page: what the run says.

    Returns:
        The bytes of the file, equal for equal runs with the same version of Pillow.

    Raises:
        UsageError: the text has letters that the font lacks.
    """
    shapes = list(_drawn(page))
    check_letters("a PNG", ".svg", [shape.text for shape in shapes if isinstance(shape, _Text)])
    from PIL import Image, ImageDraw, ImageFont

    scale, size = _PIXELS * _FINER, (_WIDTH * _PIXELS, _height(page) * _PIXELS)
    image = Image.new("RGB", (size[0] * _FINER, size[1] * _FINER), "#ffffff")
    draw = ImageDraw.Draw(image)
    for shape in shapes:
        if isinstance(shape, _Text):
            font = ImageFont.load_default(shape.size * scale)
            at = (shape.x * scale, shape.y * scale)
            draw.text(at, shape.text, shape.colour, font, anchor="ms" if shape.is_middle else "ls")
        elif isinstance(shape, _Box):
            corners = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
            draw.rectangle([scale * value for value in corners], shape.colour)
        else:
            draw.polygon([scale * value for value in chain.from_iterable(shape.corners)], shape.colour)
    target = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(target, "PNG", optimize=True)
    return target.getvalue()


def _height(page: Content) -> int:
    return _HEAD + _ROW * len(chart(page).bars) + _AXIS + _FOOT


def _drawn(page: Content) -> Iterator[_Text | _Box | _Shape]:
    """Everything on the white page, from back to front."""
    found = chart(page)
    bottom = _HEAD + _ROW * len(found.bars)
    yield _Text(16, 26, 18, _INK, page.title)
    yield _Text(16, 45, 11, _GREY, _LEGEND)
    for place, label in found.ticks:
        x = _x(place)
        yield _line(x, _HEAD, bottom + 4, 1, _LIGHT)
        yield _Text(x, bottom + 18, 10, _GREY, label, is_middle=True)
    for i, bar in enumerate(found.bars):
        yield from _bar(bar, _HEAD + _ROW * (i + 0.5))
    yield _Text(16, _height(page) - 14, 10, _GREY, page.footer)


def _x(place: float) -> float:
    return _NAMES + place * (_WIDTH - _NAMES - _RIGHT)


def _line(x: float, top: float, bottom: float, width: float, colour: str) -> _Shape:
    """A vertical line."""
    left, right = x - width / 2, x + width / 2
    return _Shape(((left, top), (right, top), (right, bottom), (left, bottom)), colour)


def _bar(bar: Bar, y: float) -> Iterator[_Text | _Box | _Shape]:
    """Name, bar, and marks of one milestone."""
    left, right = _x(bar.start), _x(bar.end)
    yield _Text(16, y + 4, 12, _INK, bar.name)
    yield _Box(left, y - 7, max(right - left, 1), 14, _PALE)
    if bar.is_open:
        yield _Shape(((right, y - 7), (right + 12, y), (right, y + 7)), _PALE)
    if bar.middle is not None:
        yield _line(_x(bar.middle), y - 9, y + 9, 3, _BLUE)
    if bar.safe is not None:
        x = _x(bar.safe)
        yield _Shape(((x, y + 2), (x - 6, y - 8), (x + 6, y - 8)), _BLUE)
    if bar.planned is not None:
        x = _x(bar.planned)
        yield _Shape(((x, y - 7), (x + 6, y), (x, y + 7), (x - 6, y)), _ORANGE)


def _as_svg(shape: _Text | _Box | _Shape) -> str:
    if isinstance(shape, _Text):
        anchor = "middle" if shape.is_middle else "start"
        return (
            f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size}" fill="{shape.colour}" '
            f'text-anchor="{anchor}">{escape(shape.text)}</text>'
        )
    if isinstance(shape, _Box):
        return (
            f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" height="{shape.height:.1f}" '
            f'fill="{shape.colour}"/>'
        )
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.corners)
    return f'<polygon points="{corners}" fill="{shape.colour}"/>'

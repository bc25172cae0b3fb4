"""The one page as a PDF (A4), with reportlab.

It uses the fonts that every PDF reader has, which know the letters of Western European languages; other text is refused
rather than shown as boxes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from sim.report.documents.chart import Bar, chart
from sim.report.documents.content import Content
from sim.report.documents.letters import check_letters

if TYPE_CHECKING:
    from reportlab.graphics.shapes import Drawing

_WIDTH, _MARGIN = 595.0, 40.0
_NAMES, _ROW, _AXIS = 150.0, 17.0, 16.0
_INK, _GREY, _LIGHT, _BLUE, _PALE, _ORANGE = "#1c2733", "#5b6876", "#dfe5ea", "#1f6f9f", "#a9cfe4", "#c8642b"


def one_page_pdf(page: Content) -> bytes:
    """The one-page summary as a PDF.

    Args:
        page: what the run says.

    Returns:
        The bytes of the file, equal for equal runs.

    Raises:
        UsageError: the text has letters that the standard PDF fonts lack.
    """
    _check_letters(page)
    from reportlab.lib.colors import HexColor
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    def style(name: str, size: float, color: str = _INK, **more: Any) -> ParagraphStyle:
        return ParagraphStyle(
            name, fontName="Helvetica", fontSize=size, leading=1.3 * size, textColor=HexColor(color), **more
        )

    title, lead = style("title", 20, spaceAfter=2), style("lead", 11.5, spaceBefore=6, spaceAfter=8)
    head, text, small = style("head", 12, spaceBefore=10, spaceAfter=3), style("text", 9), style("small", 8, _GREY)
    story: list[Any] = [
        Paragraph(escape(page.title), title),
        Paragraph(escape(page.question), small),
        Paragraph(escape(page.sentence), lead),
        *_plan_b(page, head, text),
        _table(page, small),
        Paragraph("When each milestone comes", head),
        _drawing(page),
        Paragraph("Bars from P10 to P90; line at P50, triangle at P80, diamond: planned date.", small),
        Paragraph("What costs days", head),
        *[
            Paragraph(
                f"<b>{escape(one.days_text)} days</b>: {escape(one.label)} (instead: {escape(one.instead)})", text
            )
            for one in page.drivers
        ],
        Paragraph(escape(page.drivers_note), small),
    ]
    if page.doubts:
        story += [Paragraph("What the date hangs on", head), Paragraph(escape(page.doubts), text)]
    story += [Spacer(1, 8), Paragraph(escape(page.footer), small)]
    target = io.BytesIO()
    SimpleDocTemplate(
        target,
        pagesize=A4,
        invariant=1,
        title=page.title,
        author="trialclock",
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN - 6,
        bottomMargin=_MARGIN - 10,
    ).build(story)
    return target.getvalue()


def _plan_b(page: Content, head: Any, text: Any) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer

    other = page.plan_b
    if other is None:
        return []
    lines = [Paragraph(escape(line), text) for line in other.lines]
    return [Paragraph("Plan B", head), Paragraph(f"<b>{escape(other.sentence)}</b>", text), *lines, Spacer(1, 8)]


def _check_letters(page: Content) -> None:
    """Check that Helvetica, built into every PDF reader, has all letters: those of Western European languages."""
    texts = (page.title, page.question, page.sentence, *(one.label for one in page.drivers), page.doubts)
    if page.plan_b is not None:
        texts = (*texts, page.plan_b.sentence, *page.plan_b.lines)
    check_letters("a PDF", ".pptx", texts)


def _table(page: Content, cell: Any) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Paragraph, Table, TableStyle

    rows: list[list[Any]] = [["Milestone", "P50", "P80", "Registered", "Probability"]]
    for one in page.milestones:
        dates = [f"{one.texts[q]}<br/>{one.errors[q]}" for q in (50, 80)]
        planned = "" if one.planned is None else str(one.planned)
        rows.append(
            [Paragraph(escape(one.name), cell), *(Paragraph(text, cell) for text in (*dates, planned, one.odds))]
        )
    table = Table(rows, colWidths=[165, 105, 105, 65, 75], repeatRows=1, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 8.5),
                ("TEXTCOLOR", (0, 0), (-1, -1), HexColor(_INK)),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(_LIGHT)),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ]
        )
    )
    return table


def _drawing(page: Content) -> Drawing:
    from reportlab.graphics.shapes import Drawing, Line, String
    from reportlab.lib.colors import HexColor

    found = chart(page)
    width = _WIDTH - 2 * _MARGIN
    height = _ROW * len(found.bars) + _AXIS
    drawing = Drawing(width, height)
    scale = width - _NAMES - 14
    for place, label in found.ticks:
        x = _NAMES + place * scale
        drawing.add(Line(x, _AXIS - 4, x, height, strokeColor=HexColor(_LIGHT), strokeWidth=0.5))
        drawing.add(String(x, 2, label, fontSize=7, fillColor=HexColor(_GREY), textAnchor="middle"))
    for i, bar in enumerate(found.bars):
        _draw_bar(drawing, bar, scale, height - _ROW * (i + 0.5))
    return drawing


def _draw_bar(drawing: Drawing, bar: Bar, scale: float, y: float) -> None:
    from reportlab.graphics.shapes import Line, Polygon, Rect, String
    from reportlab.lib.colors import HexColor

    def x(place: float) -> float:
        return _NAMES + place * scale

    drawing.add(String(0, y - 3, bar.name, fontSize=8, fillColor=HexColor(_INK)))
    left, right = x(bar.start), x(bar.end)
    drawing.add(Rect(left, y - 4, max(right - left, 1), 8, fillColor=HexColor(_PALE), strokeColor=None))
    if bar.is_open:
        drawing.add(Polygon([right, y - 4, right + 8, y, right, y + 4], fillColor=HexColor(_PALE), strokeColor=None))
    if bar.middle is not None:
        drawing.add(Line(x(bar.middle), y - 5, x(bar.middle), y + 5, strokeColor=HexColor(_BLUE), strokeWidth=2))
    if bar.safe is not None:
        at = x(bar.safe)
        drawing.add(Polygon([at - 3.5, y + 5, at + 3.5, y + 5, at, y - 1], fillColor=HexColor(_BLUE), strokeColor=None))
    if bar.planned is not None:
        at = x(bar.planned)
        diamond = [at, y + 5, at + 4, y, at, y - 5, at - 4, y]
        drawing.add(Polygon(diamond, fillColor=HexColor(_ORANGE), strokeColor=None))

"""The one page as a PowerPoint slide whose table and chart can be edited, with python-pptx.

It has the content of the PDF (`content`), as text boxes, a table and a chart.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from sim.analysis.zipped import without_times
from sim.report.documents.content import Content

_INK, _GREY, _BLUE = (0x1C, 0x27, 0x33), (0x5B, 0x68, 0x76), (0x1F, 0x6F, 0x9F)
_COLUMNS = (("Milestone", 2.5), ("P50", 1.6), ("P80", 1.6), ("Registered", 1.2), ("Probability", 1.3))


def one_page_slide(page: Content) -> bytes:
    """The one-page summary as a presentation of one slide (16:9).

    Args:
        page: what the run says.

    Returns:
        The bytes of the file, equal for equal runs: times in it are fixed.
    """
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Inches(0.5), Inches(0.25), Inches(12.3), Inches(0.7)
    _write(title.text_frame, [(page.title, 28, _INK, True)])
    _box(slide, 0.5, 0.95, 12.3, 0.9, [(page.sentence, 16, _INK, False)])
    _table(slide, page)
    _drivers(slide, page)
    _plan_b(slide, page)
    notes = [(page.drivers_note, 10, _GREY, False)]
    if page.doubts:
        notes.insert(0, (page.doubts, 11, _INK, False))
    _box(slide, 8.95, 5.25, 3.9, 1.7, notes)
    _box(slide, 0.5, 7.0, 12.3, 0.35, [(page.footer, 10, _GREY, False)])
    _fix_properties(deck.core_properties, page)
    target = io.BytesIO()
    deck.save(target)
    return without_times(target.getvalue())


def _fix_properties(properties: Any, page: Content) -> None:
    """Set fixed creation times, so that equal runs give equal bytes."""
    properties.title, properties.author, properties.last_modified_by = page.title, "trialclock", "trialclock"
    properties.created = properties.modified = datetime(page.opens.year, page.opens.month, page.opens.day)
    properties.revision = 1


def _write(frame: Any, paragraphs: list[tuple[str, int, tuple[int, int, int], bool]]) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    for i, (text, size, color, is_bold) in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold, run.font.color.rgb = Pt(size), is_bold, RGBColor(*color)


def _box(
    slide: Any, left: float, top: float, width: float, height: float, paragraphs: list[tuple[str, int, Any, bool]]
) -> None:
    from pptx.util import Inches

    box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
    _write(box.text_frame, paragraphs)


def _table(slide: Any, page: Content) -> None:
    from pptx.util import Inches, Pt

    n_rows = len(page.milestones) + 1
    width = sum(wide for _, wide in _COLUMNS)
    shape = slide.shapes.add_table(n_rows, len(_COLUMNS), Inches(0.5), Inches(2.0), Inches(width), Inches(0.5 * n_rows))
    rows = [[name for name, _ in _COLUMNS]]
    for one in page.milestones:
        dates = [f"{one.texts[q]}\n{one.errors[q]}".strip() for q in (50, 80)]
        rows.append([one.name, *dates, "" if one.planned is None else str(one.planned), one.odds])
    for column, (_, wide) in zip(shape.table.columns, _COLUMNS, strict=True):
        column.width = Inches(wide)
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            cell = shape.table.cell(i, j)
            cell.text = text
            for paragraph in cell.text_frame.paragraphs:
                paragraph.font.size = Pt(11)


def _plan_b(slide: Any, page: Content) -> None:
    """Plan B below the table of milestones."""
    if page.plan_b is not None:
        lines = [(f"Plan B. {page.plan_b.sentence}", 12, _INK, True)]
        lines += [(line, 10, _INK, False) for line in page.plan_b.lines]
        _box(slide, 0.5, 2.1 + 0.5 * (len(page.milestones) + 1), 8.2, 0.9, lines)


def _drivers(slide: Any, page: Content) -> None:
    """Days lost to each cause as bars, the largest on top."""
    from pptx.chart.data import CategoryChartData
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches, Pt

    if not page.drivers:
        return
    data = CategoryChartData()
    data.categories = [f"{one.label}: {one.days_text}" for one in reversed(page.drivers)]
    data.add_series("days lost", [round(one.days, 1) for one in reversed(page.drivers)])
    place = (Inches(8.9), Inches(1.9), Inches(4.0), Inches(3.3))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *place, data).chart
    chart.has_legend, chart.has_title = False, True
    chart.chart_title.text_frame.text = "Days lost to each cause"
    chart.chart_title.text_frame.paragraphs[0].font.size = Pt(13)
    plot = chart.plots[0]
    plot.gap_width = 60
    plot.series[0].format.fill.solid()
    plot.series[0].format.fill.fore_color.rgb = RGBColor(*_BLUE)
    chart.category_axis.tick_labels.font.size = Pt(10)
    chart.value_axis.visible, chart.value_axis.has_major_gridlines = False, False

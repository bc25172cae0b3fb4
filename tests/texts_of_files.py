"""The texts that a reader finds in a file that the program wrote."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl


def texts_of(path: Path) -> Iterator[str]:
    """What a reader finds in a file: lines, cells, or texts of a page and of its figures."""
    if path.suffix == ".xlsx":
        for sheet in openpyxl.load_workbook(path).worksheets:
            yield sheet.title
            yield from (str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)
    elif path.suffix == ".html":
        page = path.read_text(encoding="utf-8")
        yield from re.findall(r'<script type="application/json[^>]*>(.*?)</script>', page, flags=re.DOTALL)
        page = re.sub(r"<script.*?</script>|<style.*?</style>", "", page.replace("<wbr>", ""), flags=re.DOTALL)
        yield from (html.unescape(text) for text in re.sub(r"<[^>]+>", "\n", page).splitlines())
    else:
        yield from path.read_text(encoding="utf-8").splitlines()

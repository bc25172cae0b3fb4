"""Office files without the time of writing, so that the same answer gives the same bytes.

Workbooks and slides are zip archives, whose entries have a time; with it, two runs of one command would differ.
"""

from __future__ import annotations

import io
import re
import zipfile

_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say
_CORE = "docProps/core.xml"


def without_times(content: bytes) -> bytes:
    """Set every time in an Office file to a fixed one: those of its parts, and those in a workbook's properties.

    Args:
        content: an Excel workbook, or a PowerPoint presentation.

    Returns:
        The file with fixed times, with the same content otherwise.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in book.namelist():
            data = book.read(name)
            if name == _CORE:
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", data)
            elif name.endswith(".xlsx"):  # the data of a chart
                data = without_times(data)
            info = zipfile.ZipInfo(name, _NO_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, data)
    return target.getvalue()

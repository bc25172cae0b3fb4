"""`python -m benchmarks.broken KIND COUNT SEED KEPT [FILE ...]`, from the top of the repository.

KIND is scenarios, data, folders or kills; the files are what is broken, and KEPT is a folder for what caused a fault.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.broken import data, folders, kills, scenarios
from benchmarks.broken.trying import prepared

KINDS = {"scenarios": scenarios, "data": data, "folders": folders, "kills": kills}

if __name__ == "__main__":
    if len(sys.argv) < 5 or sys.argv[1] not in KINDS:
        raise SystemExit(__doc__)
    prepared()
    kind, count, seed, kept, *files = sys.argv[1:]
    KINDS[kind].main(int(count), int(seed), [Path(file) for file in files], Path(kept))

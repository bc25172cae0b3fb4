"""`python -m benchmarks [PART ...]`, from the top of the repository: all, or those named. Takes some minutes."""

from __future__ import annotations

import sys

from benchmarks import around, commands, engines, forecasting, memory, scale, start_up, storing, workers

_ALL = (start_up, engines, around, commands, workers, storing, forecasting, memory, scale)
PARTS = {part.__name__.rpartition(".")[2]: part for part in _ALL}

if __name__ == "__main__":  # worker processes import this file too
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        raise SystemExit(f"there is no benchmark {unknown[0]}; there are {', '.join(PARTS)}")
    for name in wanted:
        print(f"\n{(PARTS[name].__doc__ or '').splitlines()[0]}\n", flush=True)
        PARTS[name].main()

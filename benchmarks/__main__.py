"""`python -m benchmarks`, from the top of the repository: start-up, memory, and what an event costs."""

from __future__ import annotations

from benchmarks import engines, memory, start_up

for part in (start_up, memory, engines):
    print(f"\n{(part.__doc__ or '').splitlines()[0]}\n")
    part.main()

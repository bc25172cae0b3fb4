"""What every simulated trial is built on: clock, random numbers, events, patients.

Nothing here knows a rule of a trial; rules are in `sim.processes`, and ask for what they need.

- Time: `clock` turns days into dates, `calendar`, `drift` and `intensity` say how rates change over it.
- Chance: `streams` gives every draw a place, `quantiles` turns it into a value, `batch` draws many replications at
  once (`population`, `referred`, `rows`).
- One trial: `world` is what a process sees of it, `environment` its clock work, `people` who is in it, `events` what it
  leaves.
- `design` is a scenario made ready; `observed` is the state from which a trial under way goes on.
"""

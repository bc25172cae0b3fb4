"""One simulated trial as sentences and as a page to watch.

A single trial is a story, not an estimate: these modules show how the model works and carry no errors. Everything is
read from its event log, an array of (n, WIDTH) numbers whose columns are named in `sim.core.events`.
"""

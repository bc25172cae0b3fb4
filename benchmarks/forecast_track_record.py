"""The track record page, from real trials in a folder.

    python benchmarks/forecast_track_record.py DATA --out docs/forecast/track-record.md

Takes a minute or two, on all cores.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.exchange.folder import read_trials
from sim.experiment.workers import n_cores
from sim.forecast.backtest import backtest, cuts_at
from sim.forecast.track_record import TrackRecord
from sim.report.forecast_track_record import track_record_page

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def main() -> None:
    """Read trials, forecast at every cut, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/forecast/track-record.md"))
    arguments = parser.parse_args()
    trials = read_trials(arguments.data)
    jobs = [(trial, cut, None) for trial in trials for cut in cuts_at(trial, SHARES)]
    record = TrackRecord(tuple(trials), tuple(backtest(jobs, n_cores())))
    arguments.out.write_text(track_record_page(record), encoding="utf-8")
    print(arguments.out)


if __name__ == "__main__":
    main()

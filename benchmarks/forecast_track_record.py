"""The track record page, and the record that forecasts quote, from real trials in a folder.

    python benchmarks/forecast_track_record.py DATA --out docs/forecast/track-record.md

Takes a minute or two, on all cores.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.exchange.folder import read_trials
from sim.forecast.backtest import held
from sim.forecast.backtest.whole_record import whole_record
from sim.forecast.event_record import event_record, held_events
from sim.report.forecast.track_record_page import track_record_page


def main() -> None:
    """Read trials, forecast at every cut, write the page and the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/forecast/track-record.md"))
    arguments = parser.parse_args()
    trials = read_trials(arguments.data)
    whole, events = whole_record(trials), event_record(trials)
    text = held.record_text(whole.held(), [*whole.near(), *held_events(events)])
    Path(held.__file__).with_name(held.FILE).write_text(text, encoding="utf-8")
    arguments.out.write_text(track_record_page(whole, events), encoding="utf-8")
    print(arguments.out)


if __name__ == "__main__":
    main()

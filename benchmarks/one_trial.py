"""How smooth one trial plays: frames per second in headless Chromium, for 45 participants and about 700 referrals.

    python -m benchmarks.one_trial [--seconds 8]

Frames are counted by requestAnimationFrame; beside them is the time that the player itself takes for a frame, which is
what is left when the machine is slow at drawing. Needs Playwright (dev) and a Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from sim.api.one_trial import stage_of
from sim.core import events
from sim.core.design import Design
from sim.core.events import KIND
from sim.report.one_trial.page import stage_page
from sim.scenario.load import load_scenario

SEED, REPLICATION = 20191001, 18  # of the base scenario: 45 participants, 719 referrals
WIDTHS = (1280, 360)
_SLOWEST_MS = 34.0  # two frames of a screen with 60 a second

_MEASURE = """([speed, seconds]) => new Promise((done) => {
  const player = document.querySelector('.stage').stagePlayer, gaps = [], work = [];
  player.seek(Math.floor(0.45 * player.trial.n));  // where most people are about
  const from = player.trial.cursor;
  player.speed = speed;
  player.linger.checked = speed < 3;
  if (!player.drawAsBefore) {
    player.drawAsBefore = player.draw.bind(player);
    player.advanceAsBefore = player.advance.bind(player);
  }
  let spent = 0;
  const timed = (act) => (given) => { const t = performance.now(); act(given); spent += performance.now() - t; };
  player.draw = timed(player.drawAsBefore);
  player.advance = timed(player.advanceAsBefore);
  player.play();
  let last = performance.now();
  const end = last + 1000 * seconds;
  const look = (now) => {
    gaps.push(now - last);
    work.push(spent);
    spent = 0;
    last = now;
    if (now < end && player.isPlaying) { requestAnimationFrame(look); return; }
    const n = player.trial.cursor - from;
    player.pause();
    done({gaps: gaps.slice(2), work: work.slice(2), n});
  };
  requestAnimationFrame(look);
})"""


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    seconds = parser.parse_args().seconds
    stage = stage_of(Design(load_scenario("base")), SEED, REPLICATION)
    n_referred = int((stage.rows[:, KIND] == events.REFERRED).sum())
    n_randomised = int((stage.rows[:, KIND] == events.RANDOMISED).sum())
    page_text = stage_page(stage, "")
    print(f"{n_randomised} participants, {n_referred} referrals, {len(stage.rows)} events, {len(stage.json()):,} bytes")
    print("width  speed  frames/s  median ms  p95 ms  over 34 ms  script ms (median, p95)  events")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "trial.html"
        path.write_text(page_text, encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(path.as_uri())
            for speed in range(4):
                print(_line(width, speed, page.evaluate(_MEASURE, [speed, seconds])))
        browser.close()


def _line(width: int, speed: int, found: dict[str, Any]) -> str:
    gaps, work = sorted(found["gaps"]), sorted(found["work"])
    slow = sum(gap > _SLOWEST_MS for gap in gaps) / len(gaps)
    return (
        f"{width:5d}  {speed:5d}  {1000 * len(gaps) / sum(gaps):8.1f}  {statistics.median(gaps):9.1f}  "
        f"{gaps[int(0.95 * len(gaps))]:6.1f}  {100 * slow:8.1f} %  {statistics.median(work):6.2f} "
        f"{work[int(0.95 * len(work))]:6.2f}  {found['n']:19.0f}"
    )


if __name__ == "__main__":
    main()

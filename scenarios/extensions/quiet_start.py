"""A site screens nobody in its first days: patients who consent wait for a coordinator meanwhile."""

from collections.abc import Generator, Mapping
from math import nan

from sim.extension import Extension, Happened, Measure, Parameter, Site, Trial


class QuietStart(Extension):
    """Each site begins to screen some days after its activation."""

    name = "quiet_start"
    parameters = {
        "days": Parameter(
            "Days after activation in which a site screens nobody.", unit="days", default=14.0, low=0.0, high=365.0
        ),
    }
    events = {"over": "The site may screen."}
    measures = {
        "last_site_screens_day": Measure(
            "Day on which the last of the sites may screen; null where none ever may", "days"
        )
    }

    def begin(self, trial: Trial) -> None:
        """Hold screening at every site, and start a process for each that releases it."""
        for site in trial.sites:
            trial.hold_screening(site)
            trial.start(self._wait(trial, site))

    def _wait(self, trial: Trial, site: Site) -> Generator[float, None, None]:
        yield site.activates + trial.value("days", site)
        trial.record("over", site)
        trial.release_screening(site)

    def measure(self, happened: Happened) -> Mapping[str, float]:
        """The last of the events above."""
        over = happened.days("quiet_start.over")
        return {"last_site_screens_day": over[-1] if len(over) else nan}

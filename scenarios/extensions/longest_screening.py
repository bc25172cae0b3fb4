"""A measure and no rule: the longest time that anybody randomised took from consent to randomisation."""

from collections.abc import Mapping
from math import nan

from sim.extension import Extension, Happened, Measure


class LongestScreening(Extension):
    """Looks at each participant's days from consent to randomisation."""

    name = "longest_screening"
    measures = {"days": Measure("Longest time from consent to randomisation; null where nobody was randomised", "days")}

    def measure(self, happened: Happened) -> Mapping[str, float]:
        """The longest of the stays between the two events."""
        stays = happened.stays("consent.given", "participant.randomised")
        return {"days": (stays[:, 1] - stays[:, 0]).max() if len(stays) else nan}

"""The pages of the studio, one module or package each; `sim.web` describes what a page must have.

A page reads its controls, asks `sim.api` or `sim.experiment`, and shows what `sim.report` says. What several pages
share is in `sim.web.parts`.
"""

# in the order of the navigation; the first is what "/" shows
PAGES = (
    "home",
    "new_trial",
    "run",
    "comparison",
    "sweep",
    "explanation",
    "plan",
    "forecast",
    "meeting",
    "one_trial",
    "lessons",
    "runs",
)

WITH_EXAMPLES = ("home", "comparison", "sweep", "explanation")  # that open with an answer, which their `example` makes

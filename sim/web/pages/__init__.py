"""The pages of the studio, one module or package each; `sim.web` describes what a page must have."""

# in the order of the navigation; the first is what "/" shows
PAGES = (
    "home",
    "run",
    "comparison",
    "sweep",
    "explanation",
    "plan",
    "forecast",
    "one_trial",
    "lessons",
    "runs",
)

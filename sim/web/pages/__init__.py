"""The pages of the studio. Each is a module here; see `sim.web` for what it has."""

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

"""The pages of the studio. Each is a module here; see `sim.web` for what it has."""

# in the order of the navigation; the first is what "/" shows
PAGES = (
    "home",
    "plan",
    "compare",
    "sweep",
    "explain",
    "cheapest",
    "forecast",
    "one_trial",
    "learn",
    "runs",
)

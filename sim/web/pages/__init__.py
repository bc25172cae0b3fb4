"""The pages of the studio. Each is a module here; see `sim.web` for what it has."""

PAGES = (  # in the order of the navigation; the first is what "/" shows
    "home",
    "plan",
    "one_trial",
)

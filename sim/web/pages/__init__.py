"""The pages of the studio. Each is a module here; see `sim.web` for what it has."""

PAGES = ("home", "one_trial")  # in the order of the navigation; the first is what "/" shows

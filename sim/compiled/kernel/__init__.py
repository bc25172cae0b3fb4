"""What is compiled: the calendar of a replication, and the rules by which people, sites and cells go through it.

Each module is one family of processes, and its docstring names the module of `sim.processes` that it repeats. In all
of them `w` is the replication (`layout.WORLD`, by its address), `p` a person, `s` a site and `lot` a lot, by number;
days are since day 0. What a process does after a `yield` is a function here, which the loop calls when its entry of the
calendar is due; see `docs/explanation/compiled-engine.md`.
"""

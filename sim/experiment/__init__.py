"""Everything that needs many simulated trials: runs, comparisons, sweeps, explanations and plan searches.

Nothing here prints or draws. `sim.api` calls these modules, and `sim.report` presents their results.
"""

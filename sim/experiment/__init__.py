"""Everything that needs many simulated trials: runs, comparisons, sweeps, explanations and plan searches.

Nothing here prints or draws. `sim.api` calls these modules, and `sim.report` presents their results.

A replication is a pure function of scenario, seed and number (`replicate`), so that any process may simulate any part
(`crew`, `workers`, `cluster`) and a part that is there need not be simulated again. What makes two runs the same is
`identity`; how a run is executed, which changes nothing in it, is `execution`. Each question has a package: `run`,
`comparison`, `sweep`, `explanation`, `plan`.
"""

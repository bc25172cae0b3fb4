"""The rate at which a trial randomises, learnt from its own counts and from other trials.

Forecasts by formula, without simulating patients: `history` counts, `drifting` is the posterior of a rate that drifts,
with known causes in `terms`, and `outlook` draws futures from it. `settings` has every constant of the model.
"""

"""A run in words, figures, JSON and as a page: when the trial is complete, how sure that is, and why it takes so long.

`answers` has the tables that all parts share; `sim.report.one_trial` tells a single simulated trial of it.
"""

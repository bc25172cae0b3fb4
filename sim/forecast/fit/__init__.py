"""Fits a scenario to the data of a trial.

`study` learns, with the shape of recruitment (`shapes`), effects of the calendar and ways of leaving; `scenario` writes
what was learnt as a file that can be simulated and changed.
"""

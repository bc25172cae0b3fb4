"""From event logs to measures, tables and intervals.

A log becomes one row of measures for each replication (`reduce`, with names and meanings in `measures`); rows become
tables with Monte Carlo errors (`summary`, `country_tables`, `risk_table`, `intervals`); two scenarios on the same
random numbers are compared pair by pair (`pairing`). Nothing here simulates, and nothing draws: figures and sentences
are `sim.report`'s.
"""

"""Reads counts by day, week, month or quarter.

Trackers have a cell for a month and a country rather than a row for a person. `shapes` brings their tables into one
form, `places`, `periods`, `numbers` and `running_totals` interpret it, and `read` makes a trial of it.
"""

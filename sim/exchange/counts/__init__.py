"""Counts by day, week, month or quarter."""

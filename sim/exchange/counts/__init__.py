"""Reads counts by day, week, month or quarter."""

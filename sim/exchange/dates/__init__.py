"""Dates as people write them, and where the data of a trial end."""

"""Reads dates as people write them, and finds where the data of a trial end."""

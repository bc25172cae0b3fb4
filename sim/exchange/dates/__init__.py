"""Reads dates as people write them, and finds where the data of a trial end.

`forms` has the ways of writing as patterns, `cell` reads one cell, `read` turns a column into days, and `ends` judges
days by one another.
"""

"""Reads dates as people write them, and finds where the data of a trial end.

`forms` has the ways of writing as patterns, `read` turns a column into days, `ends` judges days by one another.
"""

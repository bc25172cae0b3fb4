"""A sweep in words, figures, JSON and as a page: how dates, odds and cost move with one, two or more values.

Every point has the same random numbers, so differences between points are the values' and not chance's.
"""

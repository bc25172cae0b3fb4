"""A scenario at many points: a grid, or a Latin hypercube.

`points` says which scenarios these are, `table` simulates them on the same random numbers, and `suggestions` names
values worth trying.
"""

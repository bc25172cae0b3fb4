"""The eight lessons, one module each: its parameters, the scenario that they make, and `teach`, which answers them.

All modules have the same parts. A class of parameters says what can be set, within which limits. `changes` takes the
parameters and returns what differs from the lesson's base scenario, nested as in a file; a student's scenario file is
made from the same. `teach` takes the parameters and a classroom, simulates there what the lesson asks, and returns the
answers; an `Exhibit` of it has a figure, its summary in words, and the same numbers as a table. `LESSON` declares the
texts, and which of these parts belong to it.
"""

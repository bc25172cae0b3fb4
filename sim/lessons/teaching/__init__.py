"""For teachers: the sheet of a lesson, its parameters, and a scenario for each student.

Students with scenarios of their own cannot copy a number from a neighbour; the key has the answer of each.
"""

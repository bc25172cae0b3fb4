"""For teachers: the sheet of a lesson, its parameters, and a scenario for each student."""

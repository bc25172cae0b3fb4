"""Eight short lessons on why trials are late: a question for the student, what the simulation answers, and why.

Nothing in a lesson is asserted that is not simulated: right answers, the numbers in the texts, and whether a task is
met all come from trials with the student's own settings. `subjects` has what is taught, `teaching` what a teacher
prints; the studio's page and the command line only show it.
"""

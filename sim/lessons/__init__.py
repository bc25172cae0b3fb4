"""Eight short lessons on why trials are late: a question for the student, what the simulation answers, and why."""

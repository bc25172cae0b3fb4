"""Eight short lessons on why trials are late: what a student is asked, what the simulation answers, and why."""

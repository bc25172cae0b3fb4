"""Sites: their table, and the ways in which their names are written."""

"""What scenarios, their values and their changes are called in the studio."""

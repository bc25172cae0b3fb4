"""What every simulated trial stands on: clock, random numbers, events, population."""

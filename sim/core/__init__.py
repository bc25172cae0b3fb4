"""What every simulated trial is built on: clock, random numbers, events, patients."""

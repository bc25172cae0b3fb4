"""The eight lessons."""

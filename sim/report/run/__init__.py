"""A run in words, figures, JSON and as a page."""

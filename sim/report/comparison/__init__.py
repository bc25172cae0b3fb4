"""A comparison in words, figures, JSON and as a page."""

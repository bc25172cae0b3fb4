"""A sweep in words, figures, JSON and as a page."""

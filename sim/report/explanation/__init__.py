"""What drives a scenario, in words, figures, JSON and as a page."""

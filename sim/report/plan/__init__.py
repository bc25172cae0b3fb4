"""The cheapest plan in words, figures, JSON and as a page."""

"""One simulated trial as sentences and as a page to watch."""

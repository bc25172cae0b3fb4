"""One simulated trial as files that other programs read: SDTM in Dataset-JSON, and an OCEL log."""

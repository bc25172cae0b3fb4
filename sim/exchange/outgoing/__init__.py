"""Writes one simulated trial as files for other programs: SDTM in Dataset-JSON, and an OCEL log."""

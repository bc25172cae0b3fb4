"""Reads and writes other people's formats: enrolment logs, counts, site tables, SDTM and registry records."""

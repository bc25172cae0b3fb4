"""Reads enrolment logs: one row per randomisation, per person screened, or per event."""

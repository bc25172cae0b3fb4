"""Reads SDTM: the domains DM, DS and SV of a trial.

SDTM is standard, so that no column has to be recognised; what the standard leaves open is which day is randomisation.
"""

"""Reads SDTM: the domains DM, DS and SV of a trial."""

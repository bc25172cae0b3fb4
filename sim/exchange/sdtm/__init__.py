"""SDTM: the tables DM, DS and SV of a trial."""

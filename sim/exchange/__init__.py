"""Reads and writes other people's formats: enrolment logs, counts, site tables, SDTM and registry records.

Every reader gives an `ObservedTrial` (or a table of sites), an account of what was taken from which column, and
findings. What cannot be read for certain becomes a question with its choices; nothing is guessed in silence. Writers
are in `outgoing`.
"""

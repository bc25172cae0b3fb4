"""Other people's formats, in and out: enrolment logs, counts, site tables, SDTM."""

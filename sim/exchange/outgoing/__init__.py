"""Writes one simulated trial as files for other programs: SDTM in Dataset-JSON, and an OCEL log.

They let a user try other tools on a trial before there are data, and read them back with `forecast`. Tables of a whole
run are written by `sim.experiment.run.export`.
"""

"""Fits a scenario to the data of a trial."""

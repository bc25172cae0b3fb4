"""Reads enrolment logs: one row per randomisation, per person screened, or per event.

The entrance is `sim.exchange.logs.read`, where the order of the steps can be read; each other module is one of them.
"""

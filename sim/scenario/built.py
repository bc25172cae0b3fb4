"""Importing this does what the first scenario of a process otherwise waits for, a tenth of a second.

Only the process that workers are forked from imports it, beside a command that is still reading its scenario.
"""

from holidays import countries  # noqa: F401 - all countries are imported with any of them

from sim.scenario.schema import Scenario

Scenario.model_rebuild()

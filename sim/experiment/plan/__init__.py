"""The search for the cheapest plan that meets a date.

`space` has all plans that the planner's levers make, `search` simulates them until `choice` is sure, and `answer` is
what comes out. Levers and their costs are read in `sim.scenario.options`.
"""

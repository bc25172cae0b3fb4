"""What drives a scenario: shares of the spread, the tornado, days lost to each cause.

Every figure comes from simulating the scenario with something changed, on the same random numbers: without a cause
(`causes`, `removals`), with an assumption lower and higher (`doubts`, `assumed`), or with uncertain values fixed.
`study` runs all of it, and `tables` makes the tables.
"""

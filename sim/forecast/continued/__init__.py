"""Continues a running trial: from its data to the state from which replications go on.

`state` puts it together: data and plan are matched by name (`matching`), rates are learnt (`learnt_rates`) where the
plan said something else (`plan_rates`), and what people know beyond the data is added (`told`). `futures` simulates.
"""

"""The cheapest plan in words, figures, JSON and as a page: what to choose, how sure that is, and what comes next.

`sim.experiment.plan` searches; here its answer is told. The studio's page of levers is another thing: it changes one
plan by hand.
"""

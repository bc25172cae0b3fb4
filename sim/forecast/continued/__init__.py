"""A trial under way, from its data to the replications that continue it."""

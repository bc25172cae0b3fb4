"""A scenario at many points: a grid, or a Latin hypercube."""

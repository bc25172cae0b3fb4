"""The eight lessons, one module each: its parameters, the scenario that they make, and `teach`, which answers them."""

"""One family of SimPy processes a file. They know the world they live in, and not one another."""

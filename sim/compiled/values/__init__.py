"""The values of a scenario as columns, for all replications of a batch at once, as the kernel reads them."""

"""Studies as registries and protocols describe them, read into a scenario file to start from."""

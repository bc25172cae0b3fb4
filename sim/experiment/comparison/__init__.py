"""Comparison of scenarios, replication by replication on the same random numbers."""

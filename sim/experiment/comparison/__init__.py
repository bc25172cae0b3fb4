"""Scenarios compared, replication by replication."""

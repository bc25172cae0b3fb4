"""Families of SimPy processes, one in each module. They know the world of a replication, but not one another."""

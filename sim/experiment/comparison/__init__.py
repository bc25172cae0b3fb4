"""Comparison of scenarios, replication by replication on the same random numbers.

`sides` brings scenarios and their results together, `tables` computes differences with their errors, and `attribution`
shares a difference out among the changed values.
"""

"""Reads studies from registries and protocols, and writes a scenario file to start from."""

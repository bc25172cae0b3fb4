"""Reads tables of sites, and matches names of sites that are spelled differently."""

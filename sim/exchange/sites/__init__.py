"""Reads tables of sites, and matches names of sites that are spelled differently.

The data of people say when a site was first active; only its table says when it opened, and when others are to open.
"""

"""Reads studies from registries and protocols, and writes a scenario file to start from.

The way is always the same: a format becomes a `StudyOutline` (`registry`, `usdm`), and the outline a scenario file
(`scenario_text`), in which each open question is named. A new format needs only the first half.
"""

"""Scenarios: what a planner writes, how it is read, and how it is checked."""

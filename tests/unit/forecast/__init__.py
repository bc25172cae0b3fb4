"""Unit tests of `sim.forecast`, one file a module."""

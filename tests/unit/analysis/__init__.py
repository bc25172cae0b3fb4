"""Unit tests of `sim.analysis`, one file a module."""

"""Unit tests of `sim.exchange`, one file a module."""

"""Unit tests of `sim.core`, one file a module."""

"""Unit tests of `sim.forecast.fit`, one file a module."""

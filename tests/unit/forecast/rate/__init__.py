"""Unit tests of `sim.forecast.rate`, one file a module."""

"""Unit tests of `sim.forecast.continued`, one file a module."""

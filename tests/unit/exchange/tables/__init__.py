"""Unit tests of `sim.exchange.tables`, one file a module."""

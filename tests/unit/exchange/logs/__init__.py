"""Unit tests of `sim.exchange.logs`, one file a module."""

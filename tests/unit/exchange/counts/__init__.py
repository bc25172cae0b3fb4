"""Unit tests of `sim.exchange.counts`, one file a module."""

"""Unit tests of `sim.exchange.sdtm`, one file a module."""

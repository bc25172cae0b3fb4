"""Unit tests of `sim.compiled`."""

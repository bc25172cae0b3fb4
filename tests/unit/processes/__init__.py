"""Unit tests of `sim.processes`, one file a module."""

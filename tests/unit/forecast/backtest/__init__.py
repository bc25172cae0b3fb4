"""Unit tests of `sim.forecast.backtest`, one file a module."""

"""Backtests: forecasts from points within finished trials, compared with what happened."""

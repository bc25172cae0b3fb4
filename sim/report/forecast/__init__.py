"""Forecasts, fits and backtests told in words, figures, JSON and pages."""

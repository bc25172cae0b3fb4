"""Forecasts, fits and backtests in words, figures, JSON and as pages."""

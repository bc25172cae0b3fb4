"""Forecasts, fits and backtests told in words, figures, JSON and pages.

A forecast says when a trial under way will be complete; a fit says what its data tell; a backtest says how far such
forecasts held on trials whose end is known. `trust` puts the track record beside every forecast.
"""

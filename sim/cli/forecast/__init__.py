"""`backtest`, `fit` and `forecast`: `commands` are the three commands, `data` is how they read and ask about data."""

from sim.cli.forecast.commands import backtest, fit, forecast

__all__ = ["backtest", "fit", "forecast"]

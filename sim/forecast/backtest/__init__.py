"""How good forecasts were: made with what was known then, and compared with what happened."""

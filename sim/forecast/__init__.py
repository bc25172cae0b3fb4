"""From what has happened in a trial to when it will be complete, and how far such forecasts may be trusted."""

"""Reports: results told as sentences, figures, tables, JSON and HTML pages.

One package per question (run, comparison, sweep, explanation, plan, forecast, one trial), plus `documents` for files
that
sponsors keep. Reports read results and never simulate; running belongs to `sim.api`.
"""

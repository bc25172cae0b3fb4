"""Backtests: forecasts from points within finished trials, compared with what happened.

A forecast may see only what was known at its cut; `study` sees to that. `scores` says how good it was, `baselines` and
`published` what simple methods would have said, `track_record` sums up, and `cautions` says when to trust less.
"""

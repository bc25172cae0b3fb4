"""Reports: results told as sentences, figures, tables, JSON and HTML pages.

One package per question (run, comparison, sweep, explanation, plan, forecast, one trial), plus `documents` for files
that sponsors keep. In each package `words` has the sentences, `figures` the exhibits, `page` the HTML file and
`document` the JSON; consoles and the studio use the same sentences and exhibits.

Reports read results and never simulate; running belongs to `sim.api`.
"""

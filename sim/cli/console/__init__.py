"""What commands print, one module per question. Sentences and numbers come from `sim.report`.

Printing is for people at a terminal or reading a log: tables are as wide as the terminal, and scripts use `--json`.
"""

"""Reads files as tables of text (CSV, Excel, JSON), and recognises which column is what.

Nothing is interpreted here beyond that a cell has text and a column a role: what `1.2` or `SF` means is for the
readers of `logs`, `counts` and `sdtm` to say, who know the column. `read` is the entrance.
"""

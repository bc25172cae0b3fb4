"""Reads files as tables of text (CSV, Excel, JSON), and recognises which column is what."""

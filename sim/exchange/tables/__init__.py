"""Files as tables of text: what was saved as CSV, Excel or Dataset-JSON, and which column is what."""

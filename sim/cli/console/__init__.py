"""What commands print: one module per question."""

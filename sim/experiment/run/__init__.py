"""One run: simulated, stopped and resumed, kept in a folder, and read back."""

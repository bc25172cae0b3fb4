"""One run: simulate it, stop and resume it, keep it in a folder, and read it back."""

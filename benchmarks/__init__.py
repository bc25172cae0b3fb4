"""Speed and memory, compared side by side in one run; never asserted by tests."""

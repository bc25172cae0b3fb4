"""Unit tests, beside each other as the modules are that they test."""

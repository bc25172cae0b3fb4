"""The version of the program. Whatever says it imports this module, so that nothing below imports the public API."""

__version__ = "0.1.0"

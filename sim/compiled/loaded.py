"""Importing this loads the compiled engine: in the process that workers are forked from, so that none of them need."""

from contextlib import suppress

from sim.compiled import ready

with suppress(Exception):  # a worker that cannot load it says so
    ready.load()

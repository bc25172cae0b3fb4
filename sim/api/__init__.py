"""The Python API: what the command line does, in a notebook. `import sim` has all of it, as `sim.run` and so on."""

from sim.api.running import report_writer, run

__all__ = ["report_writer", "run"]

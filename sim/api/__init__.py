"""The Python API: what the command line does, in a notebook. `import sim` has all of it, as `sim.run` and so on."""

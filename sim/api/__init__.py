"""The Python API: what the command line does, in a notebook, a module for each question. Nothing here prints.

`import sim` has all of it, as `sim.run` and so on. Each call leaves the folder that the command leaves, so that a
stopped one goes on where it was, and returns an answer with its tables as frames. `sim.sentences(answer)` says it in
words, `sim.figures(answer)` draws it.
"""

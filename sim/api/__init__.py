"""The Python API: every command of the command line as a function, one module per question. Nothing here prints.

`import sim` has all of it, as `sim.run` and so on. Each call writes the same folder as the command, so that a stopped
call can be continued, and returns an answer with its tables as frames. `sim.sentences(answer)` gives the answer in
words, `sim.figures(answer)` in figures.
"""

"""The compiled engine: the same event log as the SimPy processes, bit for bit, for the rules that it knows.

`sim.processes` says what the rules are, and stays the model; here they are written again for speed. `choice` decides
which engine simulates, `known` what this one covers, `ready` where its code is kept; `prepare` and `engine` are Python,
and `kernel` and `drive` are compiled. Nothing outside this package needs Numba.
"""

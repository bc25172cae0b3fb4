"""One family of SimPy processes a file; they do not import one another.

What a rule needs of another it gets as a function, or as a protocol of `sim.core.roles`; only `sim.trial` wires them.
A process appends events to the log and counts nothing for reports. Each draw has a place of its own, so that a rule
that is added or left out moves no other random number.
"""

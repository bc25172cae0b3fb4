"""Scenarios: what a planner writes, how it is read, and how it is checked.

`load` is the entrance. A file and what it extends are read with their lines (`yaml_source`), merged (`layers`),
validated value by value (`schema`, `distributions`) and then as a whole (`checks` and its neighbours, listed in
`rules`); what is wrong becomes a message with its place (`messages`). A scenario that exists is valid and frozen.
`provenance` says where each value comes from, `options` what may still be chosen. No random number is drawn here.
"""

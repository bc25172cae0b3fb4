"""What scenarios, their values and their changes are called in the studio.

The command line has paths and options; a visitor sees neither, so the words here are made from the labels of the levers
and of the scenario.
"""

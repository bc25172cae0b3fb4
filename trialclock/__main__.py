"""`python -m trialclock` is the command `trialclock`."""

from sim.cli import script

if __name__ == "__main__":
    script()

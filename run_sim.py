"""The door: `python run_sim.py` is the command `trialclock`."""

from sim.cli import script

if __name__ == "__main__":
    script()

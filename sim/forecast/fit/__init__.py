"""From the data of a trial to a scenario."""

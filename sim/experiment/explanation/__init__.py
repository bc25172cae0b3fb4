"""What drives a scenario: shares of the spread, the tornado, days lost to each cause."""

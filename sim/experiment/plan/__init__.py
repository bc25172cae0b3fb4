"""The search for the cheapest plan that makes a date."""

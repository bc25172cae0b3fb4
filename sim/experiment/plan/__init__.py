"""The search for the cheapest plan that meets a date."""

"""Continues a running trial: from its data to the state from which replications go on."""

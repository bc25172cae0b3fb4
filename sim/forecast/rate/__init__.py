"""The rate at which a trial randomises, learnt from its own counts and from other trials."""

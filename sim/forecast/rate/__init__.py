"""The rate at which a trial randomises, as its own counts and those of other trials say."""

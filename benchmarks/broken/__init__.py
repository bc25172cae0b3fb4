"""What becomes of inputs that somebody broke: scenarios, data files, folders of results, and runs that were killed."""

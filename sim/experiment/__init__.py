"""Many replications: run here or on many cores, kept on disk."""

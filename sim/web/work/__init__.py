"""Long work and first answers, in processes of their own, so that pages always respond."""

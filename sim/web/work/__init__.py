"""Long work and first answers, in processes of their own."""

"""A run as documents that sponsors keep: one page (PDF, PowerPoint), a calendar file, and a project plan."""

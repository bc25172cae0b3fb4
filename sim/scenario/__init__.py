"""What a planner writes, read and checked."""

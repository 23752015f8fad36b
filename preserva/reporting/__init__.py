"""What people are told of the archive's state."""

"""Reports to people on the archive's state."""

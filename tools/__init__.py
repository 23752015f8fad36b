"""Scripts for those who work on preserva."""

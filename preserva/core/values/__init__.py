"""The values that every room passes to another. Pure."""

"""What lies at the top of a storage for whoever finds it."""

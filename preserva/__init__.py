"""preserva keeps digitised books for good."""

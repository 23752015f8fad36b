"""What an information package holds; whether it is consistent."""

"""What a file is: its format, and its technical properties."""

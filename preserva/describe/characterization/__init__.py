"""What a file is: its format, and what is technically known of it."""

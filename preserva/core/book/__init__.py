"""The book: its scans, pages, structure, rights. Pure."""

"""Formats as bytes and values: BagIt, its profiles, OCFL, JSON. Pure."""

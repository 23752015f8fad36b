"""Bags made from folders: by copying, or in place."""

"""Bags made of folders: by copying, or where the folder lies."""

"""Bags in one file: tar, compressed tar and zip, read strictly."""

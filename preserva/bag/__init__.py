"""Bags (RFC 8493) in a folder, a tar, a zip: read, written, validated."""

"""Ingest: from scans, bags and transfers to a stored version."""

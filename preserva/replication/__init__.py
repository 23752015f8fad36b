"""Keeping copies identical: replication, accession, repair, rebuilding."""

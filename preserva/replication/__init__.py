"""Copies kept alike: replication, accession, repair, rebuilding."""

"""Archival storage: who writes, in what order, what the ledger vouches for."""

"""Storages around a storage: each changes one thing and leaves the rest to the one inside."""

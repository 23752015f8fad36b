"""Storages in S3-compatible object stores."""

"""Storages on SFTP servers."""

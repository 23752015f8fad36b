"""The pure part: formats and decisions. No files, no network, no clock, no randomness, no logging."""

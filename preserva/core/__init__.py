"""The pure part: formats and decisions. No files, network, clock, randomness or logging."""

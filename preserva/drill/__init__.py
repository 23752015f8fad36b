"""Disaster drills: troubles are planted in a scratch archive, found and mended by the verbs."""

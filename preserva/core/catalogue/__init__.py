"""The joint catalogue: how words meet, what an edition and its copies are. Pure."""

"""Decisions: what to audit, what repair does, which level is reached. Pure."""

"""The content of an information package and its consistency."""

"""Fixity: copies checked against what was recorded, once or in audits."""

"""MARC records: ISO 2709, IRBIS text, character sets, dialects, fields."""

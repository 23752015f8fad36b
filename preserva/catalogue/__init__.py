"""The joint catalogue in one SQLite file: records, their words, and what people decided of them."""

"""What people supply beside the record: history, rights, structure."""

"""Access: packages, documents and proofs of fixity leave the archive."""

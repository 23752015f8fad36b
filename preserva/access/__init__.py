"""What leaves the archive for people: packages, documents, proofs of fixity."""

"""Images of pages: what they are technically, and whether they are whole."""

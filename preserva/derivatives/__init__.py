"""Access copies and searchable PDFs, made of page images and text."""

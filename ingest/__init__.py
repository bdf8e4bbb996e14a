"""Digest files in, a searchable library out: reading, passages, embedding, the record and its index."""

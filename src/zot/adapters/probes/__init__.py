"""Whether a key is accepted."""

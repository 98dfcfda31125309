"""Keys that other programs keep: read, never rewritten."""

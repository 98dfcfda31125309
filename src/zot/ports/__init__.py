"""What the inside needs from the outside: protocols only."""

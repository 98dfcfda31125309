"""What the user set for good."""

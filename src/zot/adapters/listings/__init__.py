"""What a provider itself says it serves."""

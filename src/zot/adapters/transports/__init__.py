"""How a call travels."""

"""How a person hands over a credential: one file each."""

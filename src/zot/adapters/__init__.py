"""How the ports are played: one folder per port."""

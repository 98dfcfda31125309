"""What zot knows and decides: values and pure functions, standard library only."""

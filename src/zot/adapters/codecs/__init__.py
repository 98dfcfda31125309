"""One wire each: bytes in, events out, no I/O."""

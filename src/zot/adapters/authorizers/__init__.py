"""One way to put a credential on a request each."""

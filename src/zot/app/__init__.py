"""The services, and how they are put together."""

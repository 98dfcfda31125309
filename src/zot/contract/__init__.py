"""What every member of a family has to do: suites that a plug-in runs with plain pytest."""

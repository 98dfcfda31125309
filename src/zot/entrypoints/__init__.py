"""Where zot is entered: a command line and a Python API."""

"""Where logins are kept: one file per store."""

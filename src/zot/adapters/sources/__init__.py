"""Where a credential may come from: one file per origin."""

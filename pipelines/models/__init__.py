"""The roles that models fill, one file a model, and the shelf that loads them at first use."""

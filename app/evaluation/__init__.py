"""The bench: how well the library is searched, and its answers can be trusted, on a set of questions."""

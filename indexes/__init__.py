"""What is remembered: ids, vectors, words and rows. Knows nothing of models, files' formats or screens."""

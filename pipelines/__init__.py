"""The work: reading, embedding, finding and answering, one stage a file. Knows nothing of screens."""

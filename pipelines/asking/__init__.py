"""From a question as people put it to an answer: understood, provided with evidence, written, or declined."""

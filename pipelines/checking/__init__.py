"""Whether a sentence follows from a quote: what it claims, in one form however written."""

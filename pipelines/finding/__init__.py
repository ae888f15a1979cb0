"""A question → the segments that fit it: what it narrows itself to, how lists become one, and what chance reaches."""

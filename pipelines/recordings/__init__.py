"""Sound and video: decoded as streams, heard, looked at, and stored bit by bit."""

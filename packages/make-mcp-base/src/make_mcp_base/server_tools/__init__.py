"""The tools of the server itself: its health, its surface, and what was done through it."""

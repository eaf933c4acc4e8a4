"""The page for people at `/`: what is in the world, what was asked of it, and its switches."""

"""What keeps secrets in, foreign text marked, and rules enforced."""

"""Which tools a server shows, which it reaches, and how the others are found."""

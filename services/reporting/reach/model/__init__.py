"""What the reach tables are made of: schools' figures, and the rows of each table. Pure."""

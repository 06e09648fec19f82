"""The use cases that change something, one function each, each in one unit of work."""

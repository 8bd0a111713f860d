"""Gives the statements to programs by the Model Context Protocol, as tools and as resources."""

"""Holds the networks, what they read, their losses and their exported weights."""

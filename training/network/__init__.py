"""Holds the networks, their inputs, their losses and their exported weights."""

"""Knows who asks at an HTTP door, and bounds how much of the program they take."""

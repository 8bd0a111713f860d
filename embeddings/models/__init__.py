"""Turns texts into unit vectors: finds, opens and feeds a model."""

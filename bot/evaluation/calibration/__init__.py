"""Fits the probabilities of a reader and the thresholds for answering."""

"""Learns what a trained reader's numbers mean: probabilities, and thresholds for answering."""

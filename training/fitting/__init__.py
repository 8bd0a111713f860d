"""Fits a network step by step, with checkpoints that a killed run goes on from."""

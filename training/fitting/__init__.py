"""Fits a network step by step, with checkpoints from which a killed run goes on."""

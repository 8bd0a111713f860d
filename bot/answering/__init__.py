"""Turns a question into quotes, or into the plain statement that nothing answers it."""

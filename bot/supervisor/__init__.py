"""Watches over the working process and restarts what hangs."""

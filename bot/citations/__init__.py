"""Cites a quote, reads citations and shows quotes."""

"""Bytes of a source → its text and what it says of itself; untrusted formats in a limited child."""

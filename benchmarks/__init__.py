"""Measures Verbatim beside comparable libraries: ``python -m benchmarks --help``."""

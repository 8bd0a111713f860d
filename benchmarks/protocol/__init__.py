"""Defines the protocol between the benchmark and the scripts of the peers; standard library
only.
"""

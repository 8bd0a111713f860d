"""Keeps generations on a disk, publishes them and checks them."""

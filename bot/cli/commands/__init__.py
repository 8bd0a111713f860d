"""Runs each command of the program, one module a group of commands."""

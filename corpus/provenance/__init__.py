"""Keeps where documents come from: snapshots, digests of files, claims of origin."""

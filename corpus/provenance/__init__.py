"""Records the origin of documents: snapshots, digests of files, claims of origin."""

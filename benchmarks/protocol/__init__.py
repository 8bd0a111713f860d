"""What the benchmark and the scripts of the peers agree on; standard library only."""

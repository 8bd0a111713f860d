"""Says whether words were said, exactly or almost, and where."""

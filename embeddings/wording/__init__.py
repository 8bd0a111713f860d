"""Finds the places of given words in texts, exactly or nearly."""

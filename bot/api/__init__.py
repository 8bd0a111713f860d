"""Answers programs over HTTP at `/api/v1`, and shows a box for questions in pages of others."""

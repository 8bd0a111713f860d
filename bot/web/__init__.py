"""Shows questions, answers and documents as pages of a web site."""

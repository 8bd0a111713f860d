"""Does an operator's work: refreshes, submissions, checks of the setup."""

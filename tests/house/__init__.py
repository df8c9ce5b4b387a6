"""Tests of the house itself: who imports whom, how long files are, what is documented."""

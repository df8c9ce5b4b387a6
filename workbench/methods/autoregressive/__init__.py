"""One committed token per pass."""

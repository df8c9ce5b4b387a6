"""Several hypotheses kept side by side."""

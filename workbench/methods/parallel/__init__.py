"""Many positions of a causal model at once."""

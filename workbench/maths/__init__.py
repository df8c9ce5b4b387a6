"""Pure functions on tensors; every one names its equation. Imports torch and nothing of ours."""

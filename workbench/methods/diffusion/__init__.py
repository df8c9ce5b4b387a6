"""Masked canvases, unmasked in any order."""

"""Drafters, a file each: what may come next, before the target has read it."""

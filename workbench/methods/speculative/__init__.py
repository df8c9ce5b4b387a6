"""Drafts verified by a target."""

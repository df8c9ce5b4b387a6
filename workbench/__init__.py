"""The decoding workbench: run any decoding method step by step, record it, explain it."""

__version__ = "0.1.0"

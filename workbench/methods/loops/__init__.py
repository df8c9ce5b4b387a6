"""Control flow that several papers share."""

"""Request in, Trace out: matches models to roles, runs a method, records every event."""

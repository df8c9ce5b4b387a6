"""One file per method, in family folders; a folder scan is the registry (see `catalogue`)."""

"""The device's side of the twin: what the cloud wants of it, and what it says it is."""

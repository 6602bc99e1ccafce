"""The device's side of the twin: what it says it is. What the cloud wants of it comes later."""

"""What the shop and the cloud both know: the wire contract, personal data at rest, networks."""

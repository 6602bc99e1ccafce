"""The in-store agent: captures what happens in the shop and owes it to the cloud until settled."""

__version__ = "0.1.0"

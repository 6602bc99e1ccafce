"""The wire contract: what the shop and the cloud agree on, and all that both of them import.

Standard library, msgspec and zstandard only, so that firmware in another language can be written
from it. Read ``envelope`` for one event, ``codec`` for a batch, ``topics`` for where it travels,
``ack`` for what comes back, ``registry`` for what can be said.
"""

"""Ingest: from the broker into the ledger, and the answers back. Acknowledges last.

``Ingest`` runs the loop; ``MqttSource`` is the broker as it sees it; ``Devices`` is what it asks
and tells about devices; ``DeadLetters`` is what was refused.
"""

"""The outbox meets the broker: what is owed goes up, what is settled comes down.

``link`` owns the connection, ``session`` one life of it, ``egress`` decides what to send next,
``in_flight`` what was sent and not settled, ``ingress`` reads what arrives. ``transport`` is the
port, ``mqtt`` its adapter. No correctness rests on the broker: only the ledger's acknowledgement
removes an event.
"""

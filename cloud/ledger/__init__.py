"""The ledger: what happened in the shops, added to and never changed.

``Journal`` takes what arrives and answers what became of it; ``Follower`` turns its entries, in
order, into projections that can be thrown away and made again.
"""

"""The cards of this shop's members, kept on the box so that the guide's page works offline.

A cache, not a ledger: everything here comes again from the cloud. Cards arrive by the shop's feed
(``feed``); a sale made in this shop is laid over its member's card at once (``overlays``) and
taken off when the cloud's card includes it. Cards and overlays are sealed under the master key;
look-ups are keyed fingerprints, so the file tells nothing without the key.
"""

from agent.replica.changes import Change, Changes
from agent.replica.errors import ReplicaBusy
from agent.replica.feed import Applied
from agent.replica.query import Query
from agent.replica.replica import Replica
from agent.replica.view import CardView, MemberRef, SeenPurchase

__all__ = [
    "Applied",
    "CardView",
    "Change",
    "Changes",
    "MemberRef",
    "Query",
    "Replica",
    "ReplicaBusy",
    "SeenPurchase",
]

"""Transactions by web: tills that post them, webhooks of shop platforms, and an Odoo that is asked.

``WebDoor`` is a listener of its own for posts and webhooks: ``reading`` makes sales of bodies,
``desk`` stores and answers them, ``book`` remembers the answers. ``odoo`` asks an Odoo for its
orders in a thread of its own. ``building`` puts each together as its settings say; import that one
only where there is such a source, since a box without it loads none of it.
"""

"""The clicker: a person watches and marks who crosses, and is not told what the counter says.

``desk`` answers what every clicker is asked: a mark, its undoing, what stands. ``clip`` is the site
of a recorded clip, for whoever started it; a live camera's is behind the set-up page's PIN
(``agent.tablet.setup.audits``). What is marked goes through the port ``book``; pictures come from
memory and are handed on, never kept.
"""

"""What can be wrong with the replica, beyond a full disk.

Corruption has no error: a cache that cannot be read is set aside and begun anew (see ``file``).
"""

from __future__ import annotations

from agent.errors import TransientError


class ReplicaBusy(TransientError):
    """Another process holds the replica's write lock; end the second agent or try again."""

"""What a box captures besides its till's folder.

Journals, receipt taps, print-queue folders, databases, doors that tills post to, and Odoos.

``make_sources`` builds them from the configuration, ``Sources`` runs them: each for itself, so one
that cannot start or stands still is said in the status and costs the others nothing. A box without
any loads nothing of this package.
"""

from agent.capture.sources.making import make_sources
from agent.capture.sources.running import Sources
from agent.capture.sources.source import Source, Surroundings

__all__ = ["Source", "Sources", "Surroundings", "make_sources"]

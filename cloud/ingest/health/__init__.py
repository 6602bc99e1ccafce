"""How an ingest worker is, for programs that watch over it: alive, ready, and in figures.

``metrics`` is the closed list, ``standing`` gathers what there is to say, ``server`` says it.
"""

from cloud.ingest.health.server import HealthServer
from cloud.ingest.health.standing import Books, Standing, Works, read_books
from cloud.ingest.health.worker_parts import WorkerParts

__all__ = ["Books", "HealthServer", "Standing", "WorkerParts", "Works", "read_books"]

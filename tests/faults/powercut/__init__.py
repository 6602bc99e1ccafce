"""Power cuts: what a disk may hold when the power is back, for any program and any file.

A C shim, preloaded into real processes (``LD_PRELOAD``), records every write, truncation, sync,
creation, removal and rename below a folder. From the record follows, for every moment of the run,
what had been synced and what a power cut may forget, tear or reorder.

Why the C library's calls and no SQLite VFS: the product's own connection stays as it is, Python's
sqlite3 need not be able to load extensions, and the plain files of the agent (cursors, archive,
keys, locks) go through the same model as its databases, names and folders included.
"""

from tests.faults.powercut.disk import Disk, NotModelled
from tests.faults.powercut.entries import Names
from tests.faults.powercut.image import Image
from tests.faults.powercut.recording import Cut, Recording, mark
from tests.faults.powercut.scenario import Damaged, Scenario, Tally, Trial

__all__ = [
    "Cut",
    "Damaged",
    "Disk",
    "Image",
    "Names",
    "NotModelled",
    "Recording",
    "Scenario",
    "Tally",
    "Trial",
    "mark",
]

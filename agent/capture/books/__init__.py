"""The till's books in the shop: gaps, repeats and late transactions, and how the sums stand.

``entry`` says what is noted of a sale, ``page`` and ``course`` hold it in memory, ``file`` on the
disk; ``counters`` and ``findings`` tell what is wrong, ``mending`` brings back what was lost.
"""

from agent.capture.books.arithmetic import Balance, SlidingBalance
from agent.capture.books.books import Noted, TillBooks
from agent.capture.books.file import Mark
from agent.capture.books.findings import Findings, Numbers

__all__ = ["Balance", "Findings", "Mark", "Noted", "Numbers", "SlidingBalance", "TillBooks"]

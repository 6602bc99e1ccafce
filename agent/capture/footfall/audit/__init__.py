"""The audit: how right a camera's counts are, by people who counted beside it.

``record`` (elsewhere) writes a file of marks, ``marks`` reads it; ``matching`` finds which crossing
of the counter is which mark, ``score`` makes figures of it and ``interval`` says how sure they are.
Marks are times, lines and directions: no picture is kept.
"""

"""From people in pictures to crossings of lines.

``counter.Counter`` is the door. Nothing is imported here, so that ``line`` stays light for those
who only configure. How a crossing is counted, and why so: ``docs/explanation/footfall.md``.
"""

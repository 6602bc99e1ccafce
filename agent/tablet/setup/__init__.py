"""The set-up page: what a camera sees, and the lines and zones that a person draws over it.

For somebody who stands at this box, or has a tunnel to it, and knows its PIN (``pin``, ``door``).
``pages`` answers, ``sketches`` judges what was drawn, ``lens`` asks the camera for all who look at
once. Pictures and figures come through the port ``cameras`` and are handed on, never kept.

Loaded only on a box with a camera.
"""

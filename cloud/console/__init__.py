"""Pages for people: today's sales, the devices, the dead letters, the members.

Rendered on the server, live by a small script of ours that swaps rendered parts, usable without it.
``create_console`` makes the application, ``ConsoleParts`` is what it is made of.
"""

from cloud.console.app import create_console
from cloud.console.parts import ConsoleParts

__all__ = ["ConsoleParts", "create_console"]

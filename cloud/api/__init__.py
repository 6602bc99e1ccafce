"""REST for machines, under /v1: bearer tokens, problem documents, cursors.

``create_api`` makes the application, ``ApiParts`` is what it is made of. The contract is the
OpenAPI document it serves, and ``docs/reference/api.md`` is made from that (``reference``).
"""

from cloud.api.app import create_api
from cloud.api.parts import ApiParts

__all__ = ["ApiParts", "create_api"]

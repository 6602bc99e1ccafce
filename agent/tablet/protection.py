"""What stands before every page of this box."""

from __future__ import annotations

from typing import Final

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from models.web.guard import Guard, follows_a_link

# Any page in the tablet's browser can send requests to this port: under a host name of its own it
# would pass for us (DNS rebinding), so no other name than the loopback's is answered.
_OWN_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")


def protection() -> list[Middleware]:
    """The outermost first: refusals of the second are completed by the first."""
    return [
        Middleware(Guard, strangers_may=follows_a_link),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(_OWN_NAMES), www_redirect=False),
    ]

"""TLS on a box whose clock is known to be wrong.

OpenSSL judges a certificate's dates by the system's clock, and a box that woke in 1970 would refuse
every valid one: it could never hear what time it is. Then, and only then, the dates are taken out
of OpenSSL's hands and judged here, by the time that has surely passed: a server's certificate that
ended before it is refused. One that begins later is not: the truth may lie behind its beginning.
Names, signatures and the chain of trust are OpenSSL's business as ever.

What that costs: a certificate that ended between the floor and the true now is accepted, and the
dates of the authorities above it are not looked at. Both end with the first welcome, for then the
floor is the truth.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import Any, Final

from requests.adapters import HTTPAdapter

from agent.sync.tidy_socket import TidySocket

_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL 1.1 and later, which the ssl module does not name."""


def heed_only_what_surely_passed(context: ssl.SSLContext, surely: datetime) -> ssl.SSLContext:
    """Have a client's context judge certificates as of ``surely`` or later; returns the context.

    Args:
        context: one that verifies certificates; it must not be in use yet.
        surely: aware UTC; the truth is this moment or a later one.

    Raises:
        ValueError: the context verifies nothing.
    """
    if context.verify_mode is not ssl.CERT_REQUIRED:
        raise ValueError("this context verifies nothing, so there are no dates to judge")

    class Judged(TidySocket):
        """A socket whose handshake fails for a certificate that had ended by then."""

        def judge(self) -> None:
            _refuse_ended(self.getpeercert(), surely)

    context.verify_flags |= _NO_CHECK_TIME
    context.sslsocket_class = Judged
    return context


class JudgingAdapter(HTTPAdapter):
    """For HTTPS by ``requests``: the same judgement, on every connection of a session."""

    def __init__(self, surely: datetime) -> None:
        """``surely``: aware UTC; the truth is this moment or a later one."""
        self._surely = surely
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool with a context that judges as of ``surely``."""
        context = heed_only_what_surely_passed(ssl.create_default_context(), self._surely)
        super().init_poolmanager(*args, **kwargs, ssl_context=context)


def _refuse_ended(certificate: dict[str, Any] | None, surely: datetime) -> None:
    ends = (certificate or {}).get("notAfter")
    if ends is None:
        raise ssl.SSLCertVerificationError("the server's certificate has no end that can be read")
    ended_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    if ended_at < surely:
        raise ssl.SSLCertVerificationError(
            f"the server's certificate ended {ended_at:%Y-%m-%d %H:%M} UTC, and it is "
            f"{surely:%Y-%m-%d %H:%M} or later; renew it"
        )

"""A TLS socket that closes itself when its handshake fails.

paho leaves it to the garbage collector: on a line that is refused again and again, open files would
pile up until one of its rare runs.
"""

from __future__ import annotations

import ssl


class TidySocket(ssl.SSLSocket):
    """For ``SSLContext.sslsocket_class``."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands and judge the other side; closed when this raises for good."""
        try:
            super().do_handshake(block)
            self.judge()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise  # not finished
        except OSError:
            self.close()
            raise

    def judge(self) -> None:
        """Raise ssl.SSLError where OpenSSL's judgement is not enough."""

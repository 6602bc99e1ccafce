"""Cards that were missed: fetched page by page over HTTPS, in a thread of its own.

MQTT brings cards as they change. A tablet that was away, or a delta that was lost on the way, shows
as a gap in the shop's feed; then the rest is asked for until the feed's head is reached.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import requests

from agent.errors import AgentError, CloudUnavailable
from agent.replica import Applied
from agent.sync.certificate_dates import JudgingAdapter
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.cards import CardDelta, CardPage, decode_page
from models.wire.errors import WireError

_LOG = get_logger(__name__)


class CardSource(Protocol):
    """Where missed cards are asked for."""

    def page(self, after: int) -> CardPage:
        """The deltas behind a position of the shop's feed; raises CloudUnavailable."""
        ...


class CardStore(Protocol):
    """The side of the replica that takes cards."""

    @property
    def through(self) -> int:
        """The feed is complete up to here."""
        ...

    def apply(self, delta: CardDelta) -> Applied:
        """Take one delta; says when it left a gap."""
        ...

    def apply_page(self, page: CardPage) -> None:
        """Take a page of deltas."""
        ...

    def forget(self) -> None:
        """Forget all cards: the feed begins anew."""
        ...


class HttpsCards:
    """Asks the cloud, with the device's own login."""

    def __init__(
        self,
        url: str,
        device: str,
        secret: str,
        timeout_s: float,
        surely: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """``surely``: how late it is at least, while the system's clock is known to be wrong."""
        self._surely = surely
        self._url = f"{url.rstrip('/')}/v1/shop/cards"
        self._login = (device, secret)
        self._timeout_s = timeout_s

    def page(self, after: int) -> CardPage:
        """See ``CardSource.page``."""
        try:
            answer = self._ask(after)
        except requests.RequestException as error:
            raise CloudUnavailable(f"{self._url}: {type(error).__name__}") from error
        if answer.status_code != requests.codes.ok:
            raise CloudUnavailable(f"{self._url}: answered {answer.status_code}")
        try:
            return decode_page(answer.content)
        except WireError as error:
            raise CloudUnavailable(f"{self._url}: {error}") from error

    def _ask(self, after: int) -> requests.Response:
        with requests.Session() as session:
            surely = self._surely()
            if surely is not None:
                session.mount("https://", JudgingAdapter(surely))
            return session.get(
                self._url, params={"after": after}, auth=self._login, timeout=self._timeout_s
            )


class CatchUp:
    """Keeps the replica at the head of its shop's feed."""

    def __init__(
        self, cards: CardStore, source: CardSource | None, *, backoff: Backoff, clock: Clock
    ) -> None:
        """Without a source (no cloud address configured) only MQTT brings cards."""
        self._cards = cards
        self._source = source
        self._backoff = backoff
        self._clock = clock
        self._forgetting = threading.Lock()
        self._stop = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cards", daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def stop(self, timeout_s: float = 15.0) -> None:
        """End the thread; a request under way is waited for."""
        self._stop.set()
        self._wanted.set()
        self._thread.join(timeout_s)

    def head_is(self, head: int) -> None:
        """The cloud told how far the shop's feed has come."""
        through = self._cards.through
        if head < through:  # the cloud was restored from a backup; its feed begins anew
            _LOG.warning("card_feed_rewound", head=head, through=through)
            self._forget()
        if head != through:
            self._wanted.set()

    def begin_anew(self) -> None:
        """The ledger is an older one, and so are its cards: ours may bear numbers of a future.

        The feed may have passed ours again by now, so its head does not tell.
        """
        if self._source is not None:
            self._forget()
            self._wanted.set()

    def take(self, delta: CardDelta) -> None:
        """A card came down; a gap before it wakes the thread."""
        if self._cards.apply(delta) is Applied.GAP:
            self._wanted.set()

    def _forget(self) -> None:
        with self._forgetting:
            self._cards.forget()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._clock.wait(self._wanted, 3600.0)
            self._wanted.clear()
            if self._stop.is_set() or self._source is None:
                continue
            try:
                self._fetch_all(self._source)
                self._backoff.reset()
            except AgentError as error:  # the cloud is away, or the replica's disk is full
                wait_s = self._backoff.next_s()
                _LOG.info("cards_unavailable", reason=str(error), wait_s=round(wait_s, 2))
                self._clock.wait(self._stop, wait_s)
                self._wanted.set()

    def _fetch_all(self, source: CardSource) -> None:
        while not self._stop.is_set():
            after = self._cards.through
            page = source.page(after)
            with self._forgetting:
                if self._cards.through < after:
                    continue  # all was forgotten meanwhile: this page would leave a hole before it
                self._cards.apply_page(page)
            if page.through >= page.head:
                return

"""However often, and in whatever order, tills repeat themselves, each sale is stored once."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent.capture.pos.web.answers import Answer, Problem
from agent.capture.pos.web.book import AnswerBook, digest_of_key
from agent.capture.pos.web.desk import Post, TransactionDesk
from agent.capture.pos.web.profile import WebFormat, load_web_profile
from agent.capture.pos.web.reading import PostedSaleReader
from agent.errors import OutboxBusy
from models.runtime.clock import SystemClock
from tests.simulators.capturing import PROFILES, LedgerSink, context
from tests.simulators.web_door import KeptAside, sale_body

_READER = PostedSaleReader(load_web_profile(PROFILES, "web-sale", WebFormat.SALE), context())
_SALES = st.integers(0, 3)
_KEYS = st.sampled_from(["", "a", "b", "c"])


class Retries(RuleBasedStateMachine):
    """A till that posts, repeats, mixes up keys, and meets an outbox that fails at every place."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._book = AnswerBook(Path(self._folder.name) / "book", days=1, most=1000)
        self._book.open()
        self._sink, self._aside = LedgerSink(), KeptAside()
        self._answered: dict[str, tuple[int, bytes]] = {}
        self._taken: set[int] = set()

    def teardown(self) -> None:
        self._book.close()
        self._folder.cleanup()

    def _post(self, number: int, key: str) -> Answer | None:
        desk = TransactionDesk(self._sink, self._aside, self._book, SystemClock())
        digest = digest_of_key("/v1/transactions", key) if key else None
        try:
            return desk.take(
                Post("web-sale", _READER, json.dumps(sale_body(number)).encode(), digest)
            )
        except Problem:
            return None

    @rule(number=_SALES, key=_KEYS)
    def post(self, number: int, key: str) -> None:
        answer = self._post(number, key)
        if answer is None:
            return
        self._taken.add(number)
        if key:
            assert self._answered.setdefault(key, (number, answer.body)) == (number, answer.body)

    @rule(number=_SALES, key=_KEYS, stored=st.booleans())
    def post_while_the_outbox_fails(self, number: int, key: str, stored: bool) -> None:
        self._sink.refuse_with = None if stored else OutboxBusy("busy")
        self._sink.die_after = OutboxBusy("died after it was stored")
        self._post(number, key)
        self._sink.refuse_with = self._sink.die_after = None

    @rule()
    def restart(self) -> None:
        self._book.close()
        self._book.open()

    @invariant()
    def each_sale_is_stored_once_and_each_answered_one_is_stored(self) -> None:
        numbers = self._sink.numbers
        assert len(numbers) == len(set(numbers))
        assert {str(each) for each in self._taken} <= set(numbers)


TestRetries = Retries.TestCase
TestRetries.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_posted_is_a_problem_or_a_sale(body: bytes) -> None:
    _read(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(sale_body())), _JSON)
def test_a_sale_with_anything_in_any_place_is_a_problem_or_a_sale(name: str, value: object) -> None:
    _read(json.dumps(sale_body() | {name: value}).encode())


def _read(body: bytes) -> None:
    assert _outcome(body) in (1, 400, 422)


def _outcome(body: bytes) -> int:
    """How many transactions it gave, good or refused; else the problem's status."""
    try:
        reading = _READER.read(body)
    except Problem as problem:
        return problem.answer().status
    return len(reading.sales) + len(reading.refused)


def test_the_book_keeps_no_key_and_no_body(tmp_path: Path) -> None:
    with closing(AnswerBook(tmp_path / "book", days=1, most=10)) as book:
        book.open()
        desk = TransactionDesk(LedgerSink(), KeptAside(), book, SystemClock())
        body = json.dumps(sale_body()).encode()
        desk.take(Post("web-sale", _READER, body, digest_of_key("/", "13800138000")))
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"13800138000" not in written

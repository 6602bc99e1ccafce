"""What a till is promised that posts its sales."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from agent.capture.pos.web.bearer import BearerTokens
from agent.capture.pos.web.book import AnswerBook
from agent.capture.pos.web.posted import main, schema
from agent.config.secret_file import read_secret
from agent.errors import BadConfiguration, OutboxBusy, OutboxFull
from models.wire.events.sale import Scheme
from tests.simulators.capturing import LedgerSink
from tests.simulators.web_door import TOKEN, sale_body, till_door

PROBLEM = "application/problem+json"
_POSLOG = b"""<POSLog><Transaction><RetailStoreID>9</RetailStoreID>
<WorkstationID>2</WorkstationID><SequenceNumber>41</SequenceNumber>
<BusinessDayDate>2025-11-07</BusinessDayDate><EndDateTime>2025-11-07T12:00:00+08:00</EndDateTime>
<CurrencyCode>CNY</CurrencyCode><RetailTransaction>
<LineItem><SequenceNumber>1</SequenceNumber><Sale><Description>Tea</Description>
<ExtendedAmount>9.90</ExtendedAmount></Sale></LineItem>
<LineItem><SequenceNumber>2</SequenceNumber><Tender TenderType="Cash"><Amount>9.90</Amount></Tender>
</LineItem><Total TotalType="TransactionGrandAmount">9.90</Total>
</RetailTransaction></Transaction>%b</POSLog>"""
_BAD_TRANSACTION = b"<Transaction><SequenceNumber>42</SequenceNumber></Transaction>"


def test_a_posted_sale_is_answered_201_once_it_is_stored(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        said = till.post(sale_body())
        (stored,) = till.sink.stored.values()
    assert said.status == 201
    (taken,) = said.json["transactions"]
    assert taken["event_id"] == stored.event_id
    assert taken["natural_key"] == "sh-0001/sh-0001/3/2025-11-07/1"
    assert taken["flags"] == []


def test_a_posted_sale_is_right_to_the_cent(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        till.post(sale_body())
        (stored,) = till.sink.stored.values()
    sale = stored.sale
    assert sale.total_minor == 2730
    assert [line.extended_amount_minor for line in sale.lines] == [1980, 950]
    assert sale.lines[1].quantity == "0.5"
    assert sale.lines[1].discounts[0].amount_minor == -50
    assert [(each.amount_minor, each.change_minor) for each in sale.tenders] == [
        (2000, 0),
        (1000, 270),
    ]
    assert sale.tenders[0].wallet == "wechat"
    assert sale.taxes[0].included
    assert sale.capture.adapter == "web"


def test_operators_are_pseudonyms_and_names_are_dropped(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        till.post(sale_body())
        (stored,) = till.sink.stored.values()
    assert b"cashier-17" not in stored.body
    assert b"Zhang" not in stored.body
    assert [each.scheme for each in stored.sale.loyalty] == [Scheme.PHONE]


def test_a_card_number_in_a_description_does_not_get_through(tmp_path: Path) -> None:
    body = sale_body()
    body["lines"][0]["description"] = "paid 4111 1111 1111 1111"
    with till_door(tmp_path) as till:
        till.post(body)
        (stored,) = till.sink.stored.values()
    assert b"4111 1111 1111 1111" not in stored.body


def test_the_same_sale_without_a_key_is_known(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        assert [till.post(sale_body()).status for _ in range(3)] == [201, 200, 200]
        assert len(till.sink.stored) == 1


def test_the_same_key_and_body_get_the_same_answer(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        first, second = till.post(sale_body(), key="k1"), till.post(sale_body(), key="k1")
        assert len(till.sink.calls) == 1
    assert (second.status, second.body) == (first.status, first.body) == (201, first.body)
    assert second.headers["idempotency-replayed"] == "true"


def test_a_key_is_still_known_after_a_restart(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        first = till.post(sale_body(), key="k1")
    with till_door(tmp_path) as till:
        assert till.post(sale_body(), key="k1").body == first.body
        assert not till.sink.stored


def test_the_same_key_with_another_body_is_refused(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        till.post(sale_body(), key="k1")
        said = till.post(sale_body(2), key="k1")
        assert len(till.sink.stored) == 1
    assert said.status == 422
    assert said.json["type"] == "urn:lianke:problem:idempotency-key-reused"


def test_a_key_is_bound_to_its_body_before_anything_is_stored(tmp_path: Path) -> None:
    sink = LedgerSink()
    sink.die_after = OutboxBusy("the disk sleeps")
    with till_door(tmp_path, sink=sink) as till:
        assert till.post(sale_body(), key="k1").status == 503
        assert till.post(sale_body(2), key="k1").status == 422
        assert till.post(sale_body(), key="k1").status == 201
    assert len(sink.stored) == 1


@pytest.mark.parametrize("error", [OutboxBusy("busy"), OutboxFull("full")])
def test_what_the_outbox_does_not_take_is_not_answered_as_taken(
    tmp_path: Path, error: Exception
) -> None:
    sink = LedgerSink()
    sink.refuse_with = error
    with till_door(tmp_path, sink=sink) as till:
        said = till.post(sale_body(), key="k")
        assert said.status == 503
        assert int(said.headers["retry-after"]) > 0
        assert till.door.status.desk.blocked == str(error)
        sink.refuse_with = None
        assert till.post(sale_body(), key="k").status == 201
        assert till.door.status.desk.blocked == ""


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "ü"])
def test_nobody_gets_in_without_the_token(tmp_path: Path, token: str) -> None:
    with till_door(tmp_path) as till:
        said = till.post(sale_body(), token=token.encode().decode("latin-1"))
        assert not till.sink.calls
    assert said.status == 401
    assert said.headers["www-authenticate"] == "Bearer"
    assert said.headers["content-type"] == PROBLEM


def test_a_token_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    path.chmod(0o640)
    with pytest.raises(BadConfiguration, match="chmod 600"):
        read_secret(path, "token file")


def test_a_token_may_be_given_by_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n" + TOKEN
    )
    path.chmod(0o600)
    tokens = BearerTokens.read(path)
    assert tokens.let_in("Bearer test")
    assert tokens.let_in(f"bearer {TOKEN}")
    assert not tokens.let_in("Basic test")


@pytest.mark.parametrize("text", ["short", "sha256:abc", ""])
def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(BadConfiguration):
        BearerTokens.read(path)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 200_000, 422),
        (b'{"lines":' + b"[" * 200_000, 422),
        (b'{"number":' * 50_000, 422),
        (b'{"total_minor": NaN}', 400),
        (b'{"total_minor": 1e999}', 422),
        (b'{"total_minor": ' + b"9" * 500_000 + b"}", 422),
        (b'{"number": "\xff\xfe"}', 400),
        (b'{"number": "\\ud800"}', 400),
        (b"null", 422),
        (b'{"number": "1", "phnoe": "13800138000"}', 422),
        (b"\x00" * 1000, 400),
    ],
)
def test_a_hostile_body_gets_a_problem_within_a_second(
    tmp_path: Path, body: bytes, status: int
) -> None:
    with till_door(tmp_path) as till:
        began_s = time.process_time()
        said = till.post(body)
        took_s = time.process_time() - began_s
        assert till.post(sale_body()).status == 201
    assert said.status == status
    assert said.headers["content-type"] == PROBLEM
    assert took_s < 1.0
    assert b"13800138000" not in said.body


def test_a_packed_body_is_never_unpacked(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        said = till.post(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert said.status == 415
    assert said.headers["accept-encoding"] == "identity"


def test_a_body_of_another_kind_is_refused(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        assert till.post(sale_body(), kind="text/plain").status == 415
        assert till.ask("GET", "/v1/transactions").status == 405
        assert till.ask("GET", "/").status == 404
        assert till.ask("GET", "/healthz").status == 200


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(tmp_path: Path) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    with till_door(tmp_path, max_body_bytes=2_000) as till:
        assert till.post(b" " * 2_001).status == 413
        with socket.create_connection(("127.0.0.1", till.port), timeout=5) as line:
            head = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
            line.sendall(
                f"POST /v1/transactions HTTP/1.1\r\nHost: x\r\n{head}"
                "Transfer-Encoding: chunked\r\n\r\n".encode()
            )
            line.sendall(b"bb8\r\n" + b" " * 3_000 + b"\r\n")
            assert line.recv(1000).startswith(b"HTTP/1.1 413")


def test_a_slow_loris_is_cut_off_and_others_are_served(tmp_path: Path) -> None:
    with till_door(tmp_path, head_s=0.3, body_s=0.3) as till:
        with socket.create_connection(("127.0.0.1", till.port), timeout=5) as silent:
            silent.sendall(b"POST /v1/trans")
            assert till.post(sale_body()).status == 201
            assert silent.recv(100) == b""
        with socket.create_connection(("127.0.0.1", till.port), timeout=5) as slow:
            slow.sendall(
                f"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
            )
            assert slow.recv(1000).startswith(b"HTTP/1.1 408")


def test_more_connections_than_may_be_are_told_to_come_again(tmp_path: Path) -> None:
    with till_door(tmp_path, most_connections=2, head_s=3) as till:
        held = [socket.create_connection(("127.0.0.1", till.port), timeout=5) for _ in range(2)]
        try:
            for each in held:
                each.sendall(b"P")
            said = till.ask("GET", "/healthz")
            assert (said.status, said.headers["retry-after"]) == (503, "1")
        finally:
            for each in held:
                each.close()


def test_sales_posted_at_the_same_time_are_each_stored_once(tmp_path: Path) -> None:
    with till_door(tmp_path, most_connections=16) as till:
        statuses: list[int] = []
        threads = [
            threading.Thread(
                target=lambda n=number: statuses.append(
                    till.post(sale_body(n % 4), key=f"k{n % 4}").status
                )
            )
            for number in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses) == {201}
        assert len(till.sink.calls) == len(till.sink.stored) == 4


def test_a_sale_that_cannot_be_captured_is_set_aside_and_refused(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        said = till.post(sale_body(ended_at="yesterday", phone="13800138000"))
        ((source, refused),) = till.aside.kept
    assert said.status == 422
    assert said.json["refused"][0]["set_aside"] is True
    assert source == "web-sale"
    assert "13800138000" not in refused.reason + said.body.decode()


def test_a_return_names_what_it_returns(tmp_path: Path) -> None:
    body = sale_body(
        9,
        total_minor=-990,
        lines=[{"amount_minor": -990, "direction": "return", "quantity": "-1", "item_id": "A1"}],
        discounts=[],
        taxes=[],
        tenders=[{"type": "cash", "amount_minor": -990}],
        refers_to={"reason": "return", "number": "1", "business_day": "2025-11-07"},
    )
    with till_door(tmp_path) as till:
        assert till.post(body).json["transactions"][0]["flags"] == []
        (stored,) = till.sink.stored.values()
    assert stored.sale.links[0].sequence_number == "1"
    assert stored.sale.lines[0].quantity == "-1"


def test_poslog_is_taken_by_its_content_type(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        said = till.post(_POSLOG % b"", kind="application/xml; charset=utf-8")
        assert (said.status, till.sink.numbers) == (201, ["41"])


def test_a_bad_transaction_of_a_document_does_not_hold_the_others_up(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        said = till.post(_POSLOG % _BAD_TRANSACTION, kind="application/xml")
        assert (said.status, till.sink.numbers) == (201, ["41"])
        assert len(till.aside.kept) == len(said.json["refused"]) == 1


def test_a_document_with_nothing_but_bad_transactions_is_set_aside_as_one(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        bad = _POSLOG % (_BAD_TRANSACTION * 30)
        assert till.post(bad, kind="application/xml").status == 201
        ((_, refused),) = till.aside.kept
        assert (refused.data, till.sink.numbers) == (bad, ["41"])


@pytest.mark.parametrize(
    "body",
    [
        b"<POSLog>" + b"<Transaction></Transaction>" * 17_000 + b"</POSLog>",
        b"<POSLog>" + b"<Transaction>" * 35_000,
        b"<POSLog><Transaction>" + b"<a>" * 150_000,
        b"<POSLog>" + b"<Transaction><</Transaction>" * 17_000 + b"</POSLog>",
        b'<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "' + b"&a;" * 1000 + b'">]><POSLog>&b;</POSLog>',
    ],
)
def test_a_hostile_document_gets_a_problem_within_a_second(tmp_path: Path, body: bytes) -> None:
    with till_door(tmp_path) as till:
        began_s = time.process_time()  # what it costs, however busy the machine is with others
        said = till.post(body, kind="application/xml")
        assert time.process_time() - began_s < 1.0
        assert not till.sink.calls
    assert said.status in (400, 413)


@pytest.mark.parametrize("body", [b"", b"<a/>", (_POSLOG % b"")[:-30], b"<!DOCTYPE a><POSLog/>"])
def test_half_a_document_is_no_document(tmp_path: Path, body: bytes) -> None:
    with till_door(tmp_path) as till:
        assert till.post(body, kind="application/xml").status in (400, 422)
        assert not till.sink.stored


def test_a_flood_of_unreadable_sales_does_not_fill_the_disk(tmp_path: Path) -> None:
    with till_door(tmp_path) as till:
        bad = sale_body(ended_at="never")
        statuses = [till.post(bad | {"number": str(n)}).status for n in range(202)]
        assert len(till.aside.kept) == 200
        assert statuses[-2:] == [503, 503]
        assert till.post(sale_body()).status == 201
        assert till.post(bad).status == 422


def test_the_book_forgets_the_oldest_beyond_its_bounds(tmp_path: Path) -> None:
    with till_door(tmp_path, most_answers=2) as till:
        for number in range(4):
            till.post(sale_body(number), key=f"k{number}")
        assert "idempotency-replayed" in till.post(sale_body(3), key="k3").headers
        assert "idempotency-replayed" not in till.post(sale_body(0), key="k0").headers
        assert len(till.sink.stored) == 4


def test_a_damaged_book_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite3"
    path.write_bytes(b"no database at all" * 1000)
    book = AnswerBook(path, days=1, most=10)
    book.open()
    assert book.find(b"key") is None
    book.close()


def test_a_port_in_use_is_said_at_start(tmp_path: Path) -> None:
    with (
        till_door(tmp_path) as till,
        pytest.raises(BadConfiguration, match="another port"),
        till_door(tmp_path, port=till.port),
    ):
        pass


def test_the_published_schema_is_that_of_the_code_and_takes_what_the_door_takes(
    tmp_path: Path,
) -> None:
    assert main(["--check"]) == 0
    jsonschema.validate(sale_body(), schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(sale_body(total_minor="27.30"), schema())
    with till_door(tmp_path) as till:
        assert json.loads(till.ask("GET", "/v1/transaction.schema.json").body) == schema()


def test_a_door_says_that_there_is_no_room_and_when_there_is_again(tmp_path: Path) -> None:
    sink = LedgerSink()
    with till_door(tmp_path, sink=sink) as till:
        sink.refuse_with = OutboxFull("the outbox has no room")
        assert till.post(sale_body()).status == 503
        full = till.door.status.desk
        assert full.out_of_room
        assert "no room" in full.blocked
        sink.refuse_with = OutboxBusy("busy")
        assert till.post(sale_body()).status == 503
        busy = till.door.status.desk
        assert (busy.out_of_room, busy.blocked) == (False, "busy")
        sink.refuse_with = None
        assert till.post(sale_body()).status == 201
        at_ease = till.door.status.desk
        assert (at_ease.out_of_room, at_ease.blocked) == (False, "")

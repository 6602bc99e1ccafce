from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.vault.blob import BlobSealer
from models.vault.errors import KeyDestroyed, MasterKeyUnusable, SealBroken
from models.vault.keyring import Keyring
from models.vault.master import MasterKey, load_or_create
from models.vault.seal import Sealer, Unsealed
from models.wire.errors import BadEvent
from models.wire.events.member import Identifier, MemberRegistered, Person
from models.wire.events.sale import Scheme
from models.wire.personal import namespace_of, personal_spans
from models.wire.registry import HEARTBEAT, MEMBER_REGISTERED, SALE_RECORDED
from tests.simulators.facts import a_sale, composed

MASTER = MasterKey(bytes(range(32)))
PHONE = "+8613912345678"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys" / "keyring.sqlite3", MASTER)


def unsealed(**sale: str) -> Unsealed:
    event_id, body = composed(a_sale(**sale))  # type: ignore[arg-type]  # phone, card, family_name
    data = msgspec.json.decode(body, type=dict[str, msgspec.Raw])["data"]
    return Unsealed(event_id, body, personal_spans(SALE_RECORDED, data))


def test_a_sealed_event_shows_no_phone_card_or_name_and_opens_byte_for_byte(
    keyring: Keyring,
) -> None:
    sealer = Sealer(keyring)
    event = unsealed(phone=PHONE, card="6200001", family_name="王")
    [sealed] = sealer.seal([event])
    for secret in (PHONE, PHONE[3:], "6200001", "王"):
        assert secret.encode() not in sealed
    assert "康师傅".encode() in sealed
    assert sealer.open(event.event_id, sealed) == event.body


def test_an_event_without_personal_data_is_left_alone(keyring: Keyring) -> None:
    event = unsealed()
    assert Sealer(keyring).seal([event]) == [event.body]


def test_destroying_one_identifiers_key_closes_only_its_data(keyring: Keyring) -> None:
    sealer = Sealer(keyring)
    event = unsealed(phone=PHONE, card="6200001", family_name="王")
    [sealed] = sealer.seal([event])
    assert keyring.destroy("phone", PHONE) == 1
    opened = sealer.open(event.event_id, sealed)
    assert PHONE.encode() not in opened
    assert "王".encode() not in opened
    assert b'"value":"erased"' in opened
    assert b'"6200001"' in opened


def test_the_next_owner_of_a_number_gets_a_key_of_their_own(keyring: Keyring) -> None:
    sealer = Sealer(keyring)
    old = unsealed(phone=PHONE)
    [sealed] = sealer.seal([old])
    keyring.destroy("phone", PHONE)
    [again] = sealer.seal([old])
    assert sealer.open(old.event_id, again) == old.body
    assert b"erased" in sealer.open(old.event_id, sealed)


def test_keys_survive_the_process_and_another_master_key_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keyring.sqlite3"
    first = Keyring(path, MASTER)
    event = unsealed(phone=PHONE)
    [sealed] = Sealer(first).seal([event])
    first.close()
    assert Sealer(Keyring(path, MASTER)).open(event.event_id, sealed) == event.body
    with pytest.raises(SealBroken, match="restore the right key file"):
        Sealer(Keyring(path, MasterKey(b"x" * 32))).open(event.event_id, sealed)


def test_two_processes_agree_on_an_identifiers_key(tmp_path: Path) -> None:
    one = Keyring(tmp_path / "keyring.sqlite3", MASTER)
    two = Keyring(tmp_path / "keyring.sqlite3", MASTER)
    assert one.obtain("phone", PHONE).key_id == two.obtain("phone", PHONE).key_id
    assert one.obtain("phone", PHONE).key_id != one.obtain("card", PHONE).key_id


def test_a_sealed_literal_cannot_be_read_in_another_event(keyring: Keyring) -> None:
    sealer = Sealer(keyring)
    [sealed] = sealer.seal([unsealed(phone=PHONE)])
    with pytest.raises(SealBroken, match="does not belong here"):
        sealer.open("another-event", sealed)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":"sealed:1:"}',
        b'{"a":"sealed:1:nonsense"}',
        b'{"a":"not sealed:1:00000000000000000000000000000000:AAAA"}',
        b'sealed:1:00000000000000000000000000000000:AAAA"',
        b'"sealed:1:00000000000000000000000000000000:AAAA',
        rb'{"a":"he said \"sealed:1:00000000000000000000000000000000:AAAA\""}',
    ],
)
def test_what_only_looks_like_a_sealed_literal_is_left_alone(keyring: Keyring, text: bytes) -> None:
    assert Sealer(keyring).open("an-event", text) == text


def test_several_sealed_literals_of_one_event_open_among_what_looks_like_them(
    keyring: Keyring,
) -> None:
    sealer = Sealer(keyring)
    event = unsealed(phone=PHONE, card="6200001", family_name="王")
    [sealed] = sealer.seal([event])
    framed = b'"sealed:1:","x":' + sealed + b',"sealed:1:0"'
    assert sealer.open(event.event_id, framed) == framed.replace(sealed, event.body)


def test_events_opened_together_are_those_opened_one_by_one(keyring: Keyring) -> None:
    sealer = Sealer(keyring)
    events = [unsealed(phone=PHONE), unsealed(), unsealed(card="6200001")]
    sealed = [
        (event.event_id, body) for event, body in zip(events, sealer.seal(events), strict=True)
    ]
    assert sealer.open_all(sealed) == [event.body for event in events]


def test_one_sealed_string_opens_by_itself(keyring: Keyring) -> None:
    sealer = Sealer(keyring)
    event = unsealed(phone=PHONE)
    [sealed] = sealer.seal([event])
    token = msgspec.json.decode(sealed)["data"]["loyalty"][0]["value"]
    assert sealer.open_text(event.event_id, token) == PHONE
    assert sealer.open_text(event.event_id, "plain") == "plain"


def test_an_unknown_key_is_a_destroyed_key(keyring: Keyring) -> None:
    with pytest.raises(KeyDestroyed):
        keyring.find(b"\0" * 16)


def test_a_members_name_is_sealed_under_the_first_identifier(keyring: Keyring) -> None:
    registered = MemberRegistered(
        identifiers=[
            Identifier(scheme=Scheme.PHONE, value=PHONE),
            Identifier(scheme=Scheme.CARD, value="7", programme="house"),
        ],
        person=Person(family_name="王", given_name="小明"),
    )
    data = msgspec.json.encode(registered)
    spans = personal_spans(MEMBER_REGISTERED, data)
    assert [(s.namespace, [m for m, _ in s.members]) for s in spans] == [
        ("phone", ["value"]),
        ("card:house", ["value"]),
        ("phone", ["family_name", "given_name"]),
    ]
    [sealed] = Sealer(keyring).seal([Unsealed("e", data, spans)])
    assert "小明".encode() not in sealed
    assert PHONE.encode() not in sealed


def test_a_registration_without_identifier_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        MemberRegistered(identifiers=[])


def test_a_personal_member_hidden_by_escapes_is_refused_not_stored(keyring: Keyring) -> None:
    data = b'{"loyalty":[{"scheme":"phone","\\u0076alue":"13912345678"}]}'
    spans = personal_spans(SALE_RECORDED, data)
    with pytest.raises(BadEvent, match="not written plainly"):
        Sealer(keyring).seal([Unsealed("e", data, spans)])


@pytest.mark.parametrize(
    "data",
    [
        b'{"loyalty":[{"scheme":"phone","value":"13912345678"}],"loyalty":[]}',
        b'{"loyalty":[{"scheme":"phone","value":"1"}],"loyalt\\u0079":[]}',
        b'{"loyalty":[{"scheme":"phone","value":"13912345678","value":"1"}]}',
    ],
)
def test_a_personal_member_written_twice_is_refused_not_left_in_the_clear(data: bytes) -> None:
    with pytest.raises(BadEvent, match="twice"):
        personal_spans(SALE_RECORDED, data)


def test_escaped_text_elsewhere_is_no_reason_to_refuse() -> None:
    data = b'{"x":"\\u738b","loyalty":[{"scheme":"phone","value":"1"}]}'
    assert len(personal_spans(SALE_RECORDED, data)) == 1


def test_more_identifiers_at_once_than_are_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.vault.keyring._CACHED", 10)
    keyring = Keyring(tmp_path / "k.sqlite3", MASTER)
    wanted = [("phone", str(n)) for n in range(50)]
    first = [key.key_id for key in keyring.obtain_all(wanted)]
    assert [key.key_id for key in keyring.obtain_all(wanted)] == first


def test_data_of_another_shape_has_no_spans_to_find() -> None:
    with pytest.raises(BadEvent):
        personal_spans(SALE_RECORDED, b'{"loyalty":"x"}')
    assert personal_spans(HEARTBEAT, b"{}") == []
    assert namespace_of("phone", "ignored") == "phone"


@settings(max_examples=20)
@given(
    value=st.text(min_size=1, max_size=20),
    name=st.text(max_size=10),
    space=st.sampled_from(["", " ", "\n  "]),
)
def test_whatever_the_value_and_the_spacing_sealing_is_undone_exactly(
    value: str, name: str, space: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    literal, called = msgspec.json.encode(value).decode(), msgspec.json.encode(name).decode()
    data = (
        f'{{"loyalty":[{{"scheme":{space}"phone","value":{space}{literal},'
        f'"family_name"{space}:{called}}}],"x":{literal}}}'
    ).encode()
    keyring = Keyring(tmp_path_factory.mktemp("k") / "k.sqlite3", MASTER)
    sealer = Sealer(keyring)
    [sealed] = sealer.seal([Unsealed("e", data, personal_spans(SALE_RECORDED, data))])
    assert sealed != data
    assert sealer.open("e", sealed) == data
    keyring.close()


def test_a_master_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    key = load_or_create(path)
    assert load_or_create(path).secret == key.secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert key.secret.hex() not in repr(key)
    path.chmod(0o644)
    with pytest.raises(MasterKeyUnusable, match="chmod 600"):
        load_or_create(path)


def test_a_damaged_master_key_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(MasterKeyUnusable, match="restore it from its backup"):
        load_or_create(path)
    assert path.read_bytes() == b"short"


def test_a_master_key_in_an_impossible_place_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MasterKeyUnusable, match="file"):
        load_or_create(tmp_path / "file" / "master.key")


def test_a_blob_opens_only_in_its_place() -> None:
    sealer = BlobSealer(MASTER, "quarantine")
    sealed = sealer.seal(PHONE.encode() * 50, "a.xml")
    assert PHONE.encode() not in sealed
    assert sealer.open(sealed, "a.xml") == PHONE.encode() * 50
    for other, place in ((sealer, "b.xml"), (BlobSealer(MASTER, "archive"), "a.xml")):
        with pytest.raises(SealBroken):
            other.open(sealed, place)
    with pytest.raises(SealBroken, match="not a sealed blob"):
        sealer.open(b"plain", "a.xml")


def test_a_failing_disk_leaves_no_key_behind_in_memory(tmp_path: Path) -> None:
    def broken(_count: int) -> bytes:
        raise OSError("no entropy")

    keyring = Keyring(tmp_path / "k.sqlite3", MASTER, random=broken)
    with pytest.raises(OSError, match="no entropy"):
        keyring.obtain("phone", PHONE)
    keyring._random = os.urandom
    assert keyring.obtain("phone", PHONE).key_id == keyring.obtain("phone", PHONE).key_id

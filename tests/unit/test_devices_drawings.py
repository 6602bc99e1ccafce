"""What devices propose for their cameras, and the answers that go down to them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import pytest

from cloud.access.audit import Action, Actor
from cloud.devices import CameraDrawings, Which, WishPublisher
from cloud.errors import Conflict, TransientError
from models.wire.drawing import (
    ENTRY,
    CameraReport,
    Drawing,
    DrawnLine,
    Proposal,
    read_wishes,
)
from models.wire.ids import DeviceId
from models.wire.topics import Down, down
from models.wire.twin import Desired, Reported, decode_desired
from tests.simulators.back_office import BackOffice
from tests.simulators.facts import NOON, SHOP

ME: Final = Actor("console")
NOW: Final = Drawing([DrawnLine("door", (0.5, 0), (0.5, 1))])
LATER: Final = Drawing([DrawnLine("door", (0.3, 0), (0.3, 1))])


@pytest.fixture
def office(tmp_path: Path) -> BackOffice:
    made = BackOffice(tmp_path)
    made.open_store()
    made.enrol()
    return made


@pytest.fixture
def drawings(office: BackOffice) -> CameraDrawings:
    return CameraDrawings(office.engine, office.audit)


def report(
    office: BackOffice, version: int, *, proposal: str = "", desired: int = 0, refused: int = 0
) -> Desired | None:
    """The device says what it is; what it is answered."""
    proposed = Proposal(id=proposal, at="2026-03-01T04:00:00.000Z", drawing=LATER)
    camera = CameraReport(drawing=NOW, proposal=proposed if proposal else None)
    document = {f"{ENTRY}door": msgspec.Raw(msgspec.json.encode(camera))}
    refusal = "no" if refused else ""
    said = Reported(
        version=version, desired=desired, refused=refused, refusal=refusal, document=document
    )
    return office.registry.reported(SHOP, said, NOON)


def actions(office: BackOffice) -> list[Action]:
    return [entry.action for entry in reversed(office.audit.latest(office.engine))]


def which(proposal: str = "p1", camera: str = "door") -> Which:
    return Which(SHOP.device, camera, proposal)


def test_a_proposal_waits_until_it_is_answered(
    office: BackOffice, drawings: CameraDrawings
) -> None:
    assert drawings.waiting() == []
    report(office, 1, proposal="p1")
    [waiting] = drawings.waiting()
    assert (waiting.device, waiting.camera) == (SHOP, "door")
    assert (waiting.drawing, waiting.proposal.drawing) == (NOW, LATER)
    assert drawings.counted() == {SHOP.device: 1}
    drawings.accept(which(), ME)
    assert drawings.waiting() == [], "though the device has not said that it knows"


def test_accepting_makes_it_what_is_wanted(office: BackOffice, drawings: CameraDrawings) -> None:
    report(office, 1, proposal="p1")
    drawings.accept(which(), ME)
    wanted = report(office, 2, proposal="p1")
    assert wanted is not None
    wish = read_wishes(wanted.document)["door"]
    assert (wish.drawing, wish.answered, wish.accepted) == (LATER, "p1", True)
    assert actions(office)[-1] is Action.DRAWING_ACCEPTED


def test_refusing_wants_nothing_else_and_tells_why(
    office: BackOffice, drawings: CameraDrawings
) -> None:
    report(office, 1, proposal="p1")
    drawings.accept(which(), ME)
    report(office, 2, proposal="p2", desired=1)
    drawings.refuse(which("p2"), ME, "too far left")
    wanted = report(office, 3, proposal="p2", desired=1)
    assert wanted is not None
    wish = read_wishes(wanted.document)["door"]
    assert (wish.drawing, wish.answered, wish.accepted) == (LATER, "p2", False)
    assert wish.reason == "too far left"
    assert actions(office)[-1] is Action.DRAWING_REFUSED


@pytest.mark.parametrize(
    "other", [which("p0"), which(camera="back"), Which(DeviceId("x"), "d", "p1")]
)
def test_what_is_not_proposed_any_more_is_not_answered(
    office: BackOffice, drawings: CameraDrawings, other: Which
) -> None:
    report(office, 1, proposal="p1")
    with pytest.raises(Conflict, match="present proposals"):
        drawings.accept(other, ME)


def test_nobody_answers_twice(office: BackOffice, drawings: CameraDrawings) -> None:
    report(office, 1, proposal="p1")
    drawings.accept(which(), ME)
    with pytest.raises(Conflict):
        drawings.refuse(which(), ME)


def test_a_device_is_told_once_what_it_lacks(office: BackOffice, drawings: CameraDrawings) -> None:
    assert report(office, 1, proposal="p1") is None
    drawings.accept(which(), ME)
    assert report(office, 2, proposal="p1") is not None
    assert report(office, 3, desired=1) is None, "it has it"
    assert report(office, 4, desired=0, refused=1) is None, "it does not want it"


def test_a_device_that_knows_more_than_we_do_keeps_it_until_something_else_is_wanted(
    office: BackOffice, drawings: CameraDrawings
) -> None:
    """Our database was put back."""
    assert report(office, 1, proposal="p1", desired=7) is None
    drawings.accept(which(), ME)
    wanted = report(office, 2, desired=7)
    assert wanted is not None
    assert wanted.version == 8


def test_a_report_that_is_no_drawing_is_passed_over(
    office: BackOffice, drawings: CameraDrawings
) -> None:
    for version, camera in enumerate(
        (b'{"proposal":{}}', b'{"drawing":{"line":[1]},"proposal":{}}'), 1
    ):
        document = {f"{ENTRY}door": msgspec.Raw(camera)}
        office.registry.reported(
            SHOP, Reported(version=version, desired=0, document=document), NOON
        )
        assert drawings.waiting() == []


def test_a_revoked_device_proposes_nothing(office: BackOffice, drawings: CameraDrawings) -> None:
    report(office, 1, proposal="p1")
    office.registry.revoke(SHOP.device, ME)
    assert drawings.waiting() == []


class Downlink:
    """Keeps what is published; fails while ``away``."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.away = False

    def publish(self, topic: str, payload: bytes) -> None:
        if self.away:
            raise TransientError("the broker is away")
        self.sent.append((topic, payload))


def test_what_is_wanted_is_sent_at_once_and_once(
    office: BackOffice, drawings: CameraDrawings
) -> None:
    report(office, 1, proposal="p1")
    downlink = Downlink()
    publisher = WishPublisher(office.engine, downlink)
    assert publisher.publish_new() == 0
    drawings.accept(which(), ME)
    downlink.away = True
    assert publisher.publish_new() == 0
    downlink.away = False
    assert [publisher.publish_new() for _ in range(3)] == [1, 0, 0]
    [(topic, payload)] = downlink.sent
    assert topic == down(SHOP, Down.TWIN)
    assert read_wishes(decode_desired(payload).document)["door"].drawing == LATER


def test_what_was_wanted_before_a_start_is_not_sent_again(
    office: BackOffice, drawings: CameraDrawings
) -> None:
    report(office, 1, proposal="p1")
    drawings.accept(which(), ME)
    downlink = Downlink()
    assert WishPublisher(office.engine, downlink).publish_new() == 0
    assert downlink.sent == []

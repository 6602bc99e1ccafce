"""Which drawing is in force: the settings', the cloud's, or what was applied here; and answers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import msgspec
import pytest

from agent.config import CameraSettings, Drawn, LineSettings, ZoneSettings
from agent.errors import DiskUnusable
from agent.twin.drawings import Drawings, as_drawing, as_drawn
from models.wire.drawing import ENTRY, CameraReport, CameraWish, Drawing, DrawnLine, read_reports
from models.wire.events.footfall import LineKind, ZoneKind
from models.wire.twin import Desired
from tests.simulators.facts import NOON

CAMERA = CameraSettings("door", "0", line=(LineSettings("in", (0.5, 0), (0.5, 1)),))
OTHER = CameraSettings("back", "1", line=(LineSettings("in", (0.1, 0), (0.1, 1)),))
DRAWN = Drawn(
    (LineSettings("street", (0, 0.2), (1, 0.25), LineKind.PASSING),),
    (ZoneSettings("tills", ZoneKind.QUEUE, ((0, 0), (1, 0), (0.5, 1))),),
)
ELSEWHERE = Drawn((LineSettings("left", (0.2, 0), (0.2, 1)),))

Make = Callable[..., Drawings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    ids = count(1)

    def drawings(**wishes: bool) -> Drawings:
        return Drawings(
            tmp_path / "drawings.json",
            [CAMERA, OTHER],
            now=lambda: NOON,
            new_id=lambda: f"p{next(ids)}",
            **wishes,
        )

    return drawings


def desired(version: int, **wishes: CameraWish) -> Desired:
    document = {f"{ENTRY}{name}": msgspec.Raw(msgspec.json.encode(w)) for name, w in wishes.items()}
    return Desired(version=version, document=document)


def reports(drawings: Drawings) -> dict[str, CameraReport]:
    """As the cloud reads them."""
    encoded = {key: msgspec.Raw(msgspec.json.encode(r)) for key, r in drawings.report().items()}
    return read_reports(encoded)


def test_at_first_the_settings_are_in_force_and_reported(make: Make) -> None:
    drawings = make()
    assert drawings.in_force("door") == Drawn.over(CAMERA)
    report = reports(drawings)["door"]
    assert report.drawing.line == [DrawnLine("in", (0.5, 0), (0.5, 1))]
    assert (report.proposal, report.applied_here, report.trouble) == (None, False, "")


def test_a_proposal_changes_nothing_but_is_news(make: Make) -> None:
    drawings = make()
    woken: list[bool] = []
    redrawn: list[str] = []
    drawings.on_news(lambda: woken.append(True))
    drawings.on_redrawn(redrawn.append)
    assert not drawings.has_news()
    drawings.propose("door", DRAWN)
    assert (woken, redrawn) == ([True], [])
    assert drawings.has_news()
    assert not drawings.has_news(), "told once"
    assert drawings.in_force("door") == Drawn.over(CAMERA)
    proposal = reports(drawings)["door"].proposal
    assert proposal is not None
    assert (proposal.id, as_drawn(proposal.drawing)) == ("p1", DRAWN)
    assert drawings.standing("door").word == "proposed"
    assert drawings.standing("back").word == "none"


def test_a_later_proposal_takes_the_place_of_an_earlier_one(make: Make) -> None:
    drawings = make()
    drawings.propose("door", DRAWN)
    drawings.propose("door", ELSEWHERE)
    drawings.take(
        desired(1, door=CameraWish(answered="p1", accepted=True, drawing=as_drawing(DRAWN)))
    )
    assert drawings.standing("door").word == "proposed", "the answer was to the earlier one"
    assert drawings.in_force("door") == DRAWN, "which the cloud wants all the same"


def test_accepted_it_is_in_force_and_the_camera_is_redrawn(make: Make) -> None:
    drawings = make()
    redrawn: list[str] = []
    drawings.on_redrawn(redrawn.append)
    drawings.propose("door", DRAWN)
    wish = CameraWish(answered="p1", accepted=True, drawing=as_drawing(DRAWN))
    drawings.take(desired(1, door=wish))
    assert redrawn == ["door"]
    assert drawings.in_force("door") == DRAWN
    assert drawings.settings("door").source == CAMERA.source
    assert drawings.standing("door").word == "accepted"
    assert reports(drawings)["door"].proposal is None
    drawings.take(desired(2, door=wish))
    assert redrawn == ["door"], "nothing new to draw"


def test_refused_it_is_forgotten_and_the_reason_is_kept(make: Make) -> None:
    drawings = make()
    drawings.propose("door", DRAWN)
    drawings.take(desired(1, door=CameraWish(answered="p1", reason="too far left")))
    assert drawings.in_force("door") == Drawn.over(CAMERA)
    assert drawings.standing("door")[::2] == ("refused", "too far left")


def test_what_is_kept_outlives_a_restart(make: Make) -> None:
    drawings = make()
    drawings.propose("door", DRAWN)
    drawings.propose("back", ELSEWHERE)
    drawings.take(desired(1, door=CameraWish(answered="p1", reason="no")))
    again = make()
    assert again.standing("door").word == "refused"
    assert again.standing("back").word == "proposed"


def test_a_wish_that_the_rules_refuse_never_gets_into_force(make: Make) -> None:
    drawings = make()
    redrawn: list[str] = []
    drawings.on_redrawn(redrawn.append)
    drawings.propose("door", DRAWN)
    nothing = CameraWish(answered="p1", accepted=True, drawing=Drawing())
    drawings.take(desired(1, door=nothing))
    assert drawings.in_force("door") == Drawn.over(CAMERA)
    assert redrawn == []
    assert "counts nothing" in reports(drawings)["door"].trouble
    assert drawings.standing("door").word == "impossible"


def test_wishes_of_cameras_that_are_not_here_are_passed_over(make: Make) -> None:
    drawings = make()
    drawings.take(desired(1, attic=CameraWish(drawing=as_drawing(DRAWN))))
    assert set(drawings.report()) == {"camera.door", "camera.back"}


def test_when_nothing_is_wanted_any_more_the_settings_are_in_force_again(make: Make) -> None:
    drawings = make()
    redrawn: list[str] = []
    drawings.on_redrawn(redrawn.append)
    drawings.take(desired(1, door=CameraWish(drawing=as_drawing(DRAWN))))
    drawings.take(desired(2))
    assert redrawn == ["door", "door"]
    assert drawings.in_force("door") == Drawn.over(CAMERA)


def test_applied_here_it_is_in_force_at_once_and_told(make: Make) -> None:
    drawings = make(apply_here=True)
    redrawn: list[str] = []
    drawings.on_redrawn(redrawn.append)
    drawings.propose("door", DRAWN)
    assert redrawn == ["door"]
    assert drawings.in_force("door") == DRAWN
    assert drawings.standing("door").word == "applied"
    report = reports(drawings)["door"]
    assert (report.applied_here, as_drawn(report.drawing), report.proposal) == (True, DRAWN, None)
    assert make(apply_here=True).in_force("door") == DRAWN, "after a restart, too"


def test_a_later_wish_of_the_cloud_takes_its_place(make: Make) -> None:
    drawings = make(apply_here=True)
    drawings.take(desired(3, door=CameraWish(drawing=as_drawing(ELSEWHERE))))
    drawings.propose("door", DRAWN)
    drawings.take(desired(3, door=CameraWish(drawing=as_drawing(ELSEWHERE))))
    assert drawings.in_force("door") == DRAWN, "the same wish once more, as after a restart"
    drawings.take(desired(4, door=CameraWish(drawing=as_drawing(ELSEWHERE))))
    assert drawings.in_force("door") == ELSEWHERE
    assert not reports(drawings)["door"].applied_here


def test_what_the_rules_refuse_is_not_proposed(make: Make) -> None:
    drawings = make()
    with pytest.raises(ValueError, match="counts nothing"):
        drawings.propose("door", Drawn())
    assert drawings.standing("door").word == "none"


def test_without_a_disk_nothing_is_proposed(make: Make, tmp_path: Path) -> None:
    drawings = make()
    (tmp_path / ".drawings.json.part").mkdir()
    with pytest.raises(DiskUnusable):
        drawings.propose("door", DRAWN)
    assert drawings.standing("door").word == "none"
    assert not drawings.has_news()


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"door": 3}', b"\xff\xfe"])
def test_a_damaged_file_means_the_settings(make: Make, tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "drawings.json").write_bytes(kept)
    assert make().in_force("door") == Drawn.over(CAMERA)


def test_a_drawing_comes_back_as_it_went() -> None:
    assert as_drawn(as_drawing(DRAWN)) == DRAWN

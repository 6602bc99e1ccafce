"""The ledger feeds every view from any position: what comes of it is what stood there before."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from cloud.devices.tables import DEVICE_NOTICE
from cloud.errors import InvalidInput
from cloud.footfall.tables import PART
from cloud.sales.tables import SALE
from cloud.storage import read, write
from cloud.storage.metadata import whole_schema
from models.wire.envelope import ClockQuality, Moment, compose, stamp
from models.wire.events.device import Heartbeat, RangeVoid, StreamDepth
from models.wire.ids import uuid7
from models.wire.registry import RANGE_VOID
from tests.simulators.databases import Databases
from tests.simulators.facts import EPOCH, NOON, SHOP, a_batch, a_minute, a_sale
from tests.simulators.ledger_premises import a_payload
from tests.simulators.processes import program
from tests.simulators.whole_cloud import WholeCloud

NOT_VIEWS = (
    "ledger_",
    "ingest_",
    "alembic_",
    "audit_",
    "api_",
    "console_",
    "alarm",
    "card_progress",
)
VIEWS = ("heartbeats", "notices", "sales", "footfall", "members", "cards")


@pytest.fixture
def cloud(tmp_path: Path, databases: Databases) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path, databases=databases) as made:
        made.open_store()
        made.enrol()
        a_day(made)
        yield made


def a_day(cloud: WholeCloud) -> None:
    """Something for every view, before and behind the middle."""
    for half in (0, 1):
        base = 10 * half
        cloud.sell(
            a_sale(base + 1, phone="+8613912345678"),
            a_sale(base + 2, card=f"card-{half}", phone="+8613912345678"),
            a_sale(base + 3, total_minor=700 + half),
        )
        cloud.count(a_minute(NOON + timedelta(minutes=base), ingress=3 + half, egress=1))
        owed = [StreamDepth(stream="sale", pending=half, oldest_age_s=1)]
        cloud.beat(Heartbeat(uptime_s=60 + half, streams=owed))
        lose(cloud, half)
        conflict = [a_sale(base + 5), a_sale(base + 6)]
        cloud.arrive(a_batch(conflict, 1, SHOP))


def lose(cloud: WholeCloud, half: int) -> None:
    lost = RangeVoid(epoch=EPOCH, stream="footfall", ranges=[(90, 92)], count=3, reason="thinned")
    moment = Moment(cloud.clock.now(), 1, "boot-1", ClockQuality.SYNCHRONISED)
    event_id = uuid7(half, cloud.random(10))
    body = compose(device=SHOP, event_id=event_id, kind=RANGE_VOID, data=lost, at=moment)
    cloud.arrive(a_payload([stamp(body, EPOCH, 50 + half)], 50 + half))


def views(cloud: WholeCloud) -> dict[str, list[tuple[str, ...]]]:
    """Every row of every view. What is sealed is sealed anew each time, and left out."""
    found: dict[str, list[tuple[str, ...]]] = {}
    with read(cloud.engine) as connection:
        for table in whole_schema().sorted_tables:
            if not table.name.startswith(NOT_VIEWS):
                rows = connection.execute(select(table))
                found[table.name] = sorted(tuple(map(_plain, row)) for row in rows)
    return found


def _plain(value: object) -> str:
    sealed = isinstance(value, bytes) or (isinstance(value, str) and "sealed:" in value)
    return "sealed" if sealed else repr(value)


def catch_up(cloud: WholeCloud) -> None:
    while cloud.views.step():
        pass


def test_the_day_has_something_for_every_view(cloud: WholeCloud) -> None:
    found = views(cloud)
    filled = ("device_notice", "sale", "footfall_part", "member", "claim", "card", "card_feed")
    assert [name for name in filled if len(found[name]) < 2] == []
    assert 'uptime_s":61' in str(found["device_status"])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_fed_again_from_anywhere_the_views_are_what_they_were(
    cloud: WholeCloud, share: float
) -> None:
    before = views(cloud)
    cloud.views.rewind(int(cloud.views.position * share))
    catch_up(cloud)
    assert views(cloud) == before


def test_made_anew_from_nothing_the_views_are_what_they_were(cloud: WholeCloud) -> None:
    before = views(cloud)
    cloud.views.rebuild()
    assert views(cloud)["sale"] == []
    catch_up(cloud)
    assert views(cloud) == before


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_each_view_alone_can_be_fed_from_anywhere(
    cloud: WholeCloud, name: str, share: float
) -> None:
    before, position = views(cloud), cloud.views.position
    after = int(position * share)
    assert cloud.views.refeed([name], after) == position - after
    assert (views(cloud), cloud.views.position) == (before, position)


def test_a_view_that_was_emptied_is_filled_again_alone(cloud: WholeCloud) -> None:
    before = views(cloud)
    for table, name in ((DEVICE_NOTICE, "notices"), (SALE, "sales")):
        with write(cloud.engine) as connection:
            connection.execute(delete(table))
        cloud.views.refeed([name], 0)
    cloud.views.refeed(["members", "footfall"], 0)
    assert views(cloud)["device_notice"] == before["device_notice"]
    assert views(cloud)["footfall_part"] == before["footfall_part"]
    assert len(views(cloud)["sale"]) == len(before["sale"])


def test_what_is_ahead_or_unknown_is_refused(cloud: WholeCloud) -> None:
    position = cloud.views.position
    with pytest.raises(InvalidInput, match=f"name one from 0 to {position}"):
        cloud.views.refeed(["sales"], position + 1)
    with pytest.raises(InvalidInput, match="no view 'sails'; there are heartbeats, notices"):
        cloud.views.refeed(["sails"], 0)
    assert PART.c.position is not None


def test_the_command_feeds_one_view_or_all(tmp_path: Path) -> None:
    config = tmp_path / "cloud.toml"
    config.write_text(
        f'[storage]\ndata_dir = "{tmp_path / "data"}"\nkeys_dir = "{tmp_path / "keys"}"\n'
    )

    def replay(*words: str) -> subprocess.CompletedProcess[str]:
        command = [program("lianke-cloud"), "replay", *words, "--config", str(config)]
        return subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)

    upgrade = [program("lianke-cloud"), "upgrade", "--config", str(config)]
    subprocess.run(upgrade, check=True, capture_output=True)
    nothing = {"entries": 0, "position": 0}
    assert json.loads(replay("--only", "sales", "--after", "0").stdout) == nothing
    assert json.loads(replay("--after", "0").stdout) == nothing
    wrong = replay("--only", "sails")
    assert (wrong.returncode, "no view 'sails'" in wrong.stderr) == (2, True)

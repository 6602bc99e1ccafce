"""A store on a lively day, with something on every page of the console that may go wrong there.

A till's simulated day, two cameras, weeks of counts before it, what cannot be read, what does not
add up, alarms, and lines that wait for an answer.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Final

import msgspec

from cloud.devices import DeviceKind
from cloud.ingest.alarms import AlarmKind
from cloud.ingest.alarms.deciding import Place, Sign, Trouble
from models.wire.birth import Birth
from models.wire.drawing import ENTRY, CameraReport, Drawing, DrawnLine, DrawnZone, Proposal
from models.wire.events.device import CameraState, Heartbeat, StreamDepth
from models.wire.events.footfall import ZoneKind
from models.wire.events.sale import Flag, SaleRecorded
from models.wire.ids import DeviceId, DevicePath
from models.wire.twin import Reported
from tests.simulators.capture_words import a_source, a_till, flagged, released, set_aside, speak
from tests.simulators.capturing import captured
from tests.simulators.crowded_day import AUDIT, OPENS, a_crowded_day
from tests.simulators.facts import NOON, SHOP, a_minute, a_sale, an_audit
from tests.simulators.till import ShopDay
from tests.simulators.whole_cloud import WholeCloud

DAY: Final = date(2026, 11, 22)
CAMERAS: Final = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-cam1"))
_TABLET: Final = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-tab1"))
_PHONE: Final = "+8613787655678"
_EVENING: Final = NOON + timedelta(hours=11)
_AT_ONCE: Final = 50


class _Event(msgspec.Struct):
    data: SaleRecorded


def open_lively_store(cloud: WholeCloud) -> None:
    """Enrol its devices and have the day happen."""
    cloud.open_store()
    for path, kind in (
        (SHOP, DeviceKind.POS),
        (CAMERAS, DeviceKind.CAMERA),
        (_TABLET, DeviceKind.TABLET),
    ):
        cloud.enrol(path, kind)
    _sell(cloud)
    _count(cloud)
    _set_aside(cloud)
    _raise_alarms(cloud)
    _propose(cloud)


def _sell(cloud: WholeCloud) -> None:
    day = ShopDay(seed=7, sales=60, business_day=DAY, store_ref=SHOP.store)
    sales = [
        msgspec.json.decode(sale.body, type=_Event).data
        for delivery in day.deliveries()
        for sale in captured(delivery.xml(), "lianke-till")
    ]
    for at in range(0, len(sales), _AT_ONCE):
        cloud.sell(*sales[at : at + _AT_ONCE])
    cloud.sell(
        flagged(a_sale(9001, total_minor=123_456_789), Flag.LINES_DISAGREE),
        a_sale(9003),
        a_sale(9004, total_minor=99_900, phone=_PHONE, family_name="王", end_at=_EVENING),
        a_sale(9005, total_minor=1_250, phone=_PHONE, card="8001", end_at=_EVENING),
    )


def _count(cloud: WholeCloud) -> None:
    cloud.check(an_audit(AUDIT), device=CAMERAS)
    cloud.count(*a_crowded_day(hours=10), device=CAMERAS)
    for back in range(1, 20):
        chance = Random(back)
        opens = OPENS - timedelta(days=back)
        cloud.count(
            *(
                a_minute(
                    opens + timedelta(minutes=minute),
                    ingress=chance.randint(0, 5),
                    egress=chance.randint(0, 5),
                )
                for minute in range(0, 600, 30)
            ),
            device=CAMERAS,
        )


def _set_aside(cloud: WholeCloud) -> None:
    cloud.set_aside(
        set_aside(),
        set_aside("aa01", reason="line 4: quantity '1,5x' is no number", hours=-30),
        set_aside("5f0d"),
        released("5f0d"),
    )
    cloud.arrive(b"not a batch")
    speak(cloud, a_source(unbalanced=12), a_source("journal-1"), tills=(a_till(gaps=1),))


def _raise_alarms(cloud: WholeCloud) -> None:
    birth = Birth(birth="c", bootid="b", agent_version="0.1.0", started_at="", epochs=[])
    cloud.registry.born(CAMERAS, birth, cloud.clock.now())
    cloud.beat(
        Heartbeat(
            uptime_s=1,
            streams=[StreamDepth(stream="footfall", pending=1234, oldest_age_s=7_300)],
            quarantined=3,
            cameras=[
                CameraState(name="door", state="watching", since_s=90_000, sampled_fps=5),
                CameraState(name="till", state="lost", since_s=95, sampled_fps=0),
            ],
        ),
        device=CAMERAS,
    )
    cloud.clock_is_off(95.2, CAMERAS)
    clone = Trouble(SHOP.device, Place.of(SHOP), {"epoch": "9f31c2d0", "owner": SHOP.device}, 1)
    cloud.alarms.look([Sign(AlarmKind.CLONED_DISK, [clone])])
    cloud.lookout.look()


def _propose(cloud: WholeCloud) -> None:
    now = Drawing([DrawnLine("door", (0.5, 0), (0.5, 1))])
    zone = DrawnZone("tills", ZoneKind.QUEUE, [(0.1, 0.1), (0.9, 0.1), (0.5, 0.9)])
    later = Drawing([DrawnLine("side-door", (0.3, 0.1), (0.3, 0.9))], [zone])
    proposal = Proposal(id="p1", at="2026-11-21T04:00:00.000Z", drawing=later)
    report = msgspec.json.encode(CameraReport(drawing=now, proposal=proposal))
    document = {f"{ENTRY}door": msgspec.Raw(report)}
    cloud.registry.reported(CAMERAS, Reported(version=1, desired=0, document=document), NOON)

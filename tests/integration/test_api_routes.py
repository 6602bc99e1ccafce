"""What the API answers: stores, devices, sales, members, the ledger, and a shop's own cards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from models.wire.birth import Birth
from models.wire.cards import CardPage, decode_page
from models.wire.codec import Codec
from models.wire.events.device import CameraState, Heartbeat, StreamDepth
from models.wire.events.footfall import GapReason
from models.wire.events.sale import Kind, LineKind, Status
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from tests.simulators.back_office import TENANT, TERMINAL
from tests.simulators.crowded_day import AUDIT, OPENS, a_crowded_day
from tests.simulators.facts import (
    EPOCH,
    SHANGHAI,
    SHOP,
    a_minute,
    a_sale,
    an_audit,
    an_unwatched_minute,
    stamped,
    with_revision,
)
from tests.simulators.whole_cloud import WholeCloud

PHONE = "+8613787655678"
OTHER = TenantId("other")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.open_store()
        yield made


@pytest.fixture
def api(cloud: WholeCloud) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {cloud.token().text}"}
    with (
        cloud.served() as url,
        httpx.Client(base_url=f"{url}/v1", headers=headers, timeout=30) as client,
    ):
        yield client


@pytest.fixture
def stranger(cloud: WholeCloud, api: httpx.Client) -> Iterator[httpx.Client]:
    """A program of another retailer."""
    cloud.open_store("bj-0001", tenant=OTHER)
    headers = {"Authorization": f"Bearer {cloud.token(tenant=OTHER).text}"}
    with httpx.Client(base_url=str(api.base_url), headers=headers, timeout=30) as client:
        yield client


def items(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


STORE = {
    "store": "sh-0002",
    "name": "静安寺店",
    "timezone": "Asia/Shanghai",
    "currency": "CNY",
    "phone_region": "CN",
}


def test_store_may_be_written_again_and_again(cloud: WholeCloud, api: httpx.Client) -> None:
    assert api.post("/stores", json=STORE).status_code == 201
    assert api.post("/stores", json=STORE).status_code == 200
    assert api.post("/stores", json={**STORE, "name": "静安"}).status_code == 200
    assert [store["name"] for store in items(api.get("/stores"))] == ["人民广场店", "静安"]
    deeds = [entry.subject for entry in cloud.audit.latest(cloud.engine, 2)]
    assert deeds == ["store:sh-0002", "store:sh-0002"]


def test_store_s_currency_cannot_be_rewritten(api: httpx.Client) -> None:
    api.post("/stores", json=STORE)
    answer = api.post("/stores", json={**STORE, "currency": "USD"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:lianke:problem:conflict"


def test_store_with_an_impossible_fact_is_refused(api: httpx.Client) -> None:
    answer = api.post("/stores", json={**STORE, "timezone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "time zone" in answer.json()["detail"]


def test_device_is_enrolled_seen_and_revoked(cloud: WholeCloud, api: httpx.Client) -> None:
    wanted = {"device": SHOP.device, "store": SHOP.store, "kind": "pos"}
    answer = api.post("/devices", json=wanted)
    assert answer.status_code == 201
    secret = answer.json()["secret"]
    assert cloud.registry.admit(SHOP.device, secret) == SHOP
    (device,) = items(api.get("/devices", params={"store": SHOP.store}))
    assert (device["device"], device["state"], device["kind"]) == (SHOP.device, "new", "pos")
    assert "secret" not in device
    assert api.post("/devices", json=wanted).status_code == 409
    assert api.delete(f"/devices/{SHOP.device}").status_code == 204
    assert api.delete(f"/devices/{SHOP.device}").status_code == 404
    assert items(api.get("/devices")) == []
    (gone,) = items(api.get("/devices", params={"revoked": True}))
    assert gone["state"] == "revoked"


def test_device_says_what_it_owes(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.enrol()
    depths = [StreamDepth(stream="sale", pending=4, oldest_age_s=10)]
    cloud.beat(Heartbeat(uptime_s=1, streams=depths))
    cloud.hand.move(20)
    (device,) = items(api.get("/devices"))
    assert (device["pending"], device["oldest_unsettled_s"]) == (4, 30)
    assert device["streams"] == [{"stream": "sale", "pending": 4, "oldest_s": 30}]


def test_device_says_how_its_clock_stands(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.enrol()
    (device,) = items(api.get("/devices"))
    assert (device["clock_skew_s"], device["clock_quality"]) == (None, None)
    cloud.beat(Heartbeat(uptime_s=1, streams=[]))
    cloud.clock_is_off(121)
    (device,) = items(api.get("/devices"))
    assert (device["clock_skew_s"], device["clock_quality"]) == (121, "synchronised")
    assert device["clock_wrong"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"device": "POS 1"}, 422),
        ({"kind": "fridge"}, 422),
        ({"store": "sh-9999"}, 404),
        ({"extra": 1}, 422),
    ],
)
def test_impossible_device_is_refused(
    api: httpx.Client, change: dict[str, object], status: int
) -> None:
    wanted = {"device": "sh-0001-pos1", "store": "sh-0001", "kind": "pos", **change}
    assert api.post("/devices", json=wanted).status_code == status


def test_feed_of_sales_gives_each_change_once_and_in_order(
    cloud: WholeCloud, api: httpx.Client
) -> None:
    cloud.sell(*(a_sale(n, total_minor=100 * n) for n in range(1, 8)))
    seen: list[str] = []
    after, more = None, True
    while more:
        query = {"limit": 3} | ({"after": after} if after else {})
        page = api.get("/sales", params=query).json()
        seen += [sale["sequence_number"] for sale in page["items"]]
        after, more = page["next"], page["more"]
    assert seen == ["1", "2", "3", "4", "5", "6", "7"]
    assert api.get("/sales", params={"after": after}).json()["items"] == []
    cloud.sell(a_sale(8))
    (new,) = items(api.get("/sales", params={"after": after}))
    assert new["sequence_number"] == "8"


def test_correction_comes_again_in_the_feed(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1, total_minor=100), a_sale(2))
    after = api.get("/sales").json()["next"]
    cloud.hand.move(60)
    cloud.sell(a_sale(1, total_minor=90))
    (corrected,) = items(api.get("/sales", params={"after": after}))
    assert (corrected["sequence_number"], corrected["total_minor"]) == ("1", 90)


def test_sale_is_told_as_the_till_told_it(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1, total_minor=1250), a_sale(2, kind=Kind.CONTROL))
    (sale,) = items(api.get("/sales"))
    assert sale["end_at"] == "2026-11-22T12:00:00+08:00"
    assert sale["business_day"] == "2026-11-22"
    assert sale["tenders"] == {"cash": 1250}
    assert (sale["standing"], sale["currency"], sale["one_id"]) == ("sale", "CNY", None)


def test_sales_can_be_narrowed(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1), a_sale(2, day=datetime(2026, 11, 23, tzinfo=SHANGHAI).date()))
    assert len(items(api.get("/sales", params={"business_day": "2026-11-23"}))) == 1
    assert len(items(api.get("/sales", params={"store": "sh-0001"}))) == 2
    assert items(api.get("/sales", params={"store": "sh-0002"})) == []


@pytest.mark.parametrize("cursor", ["x", "!!!", "LTE6YQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTo", "é"])
def test_invented_cursor_is_refused(api: httpx.Client, cursor: str) -> None:
    for path in ("/sales", "/deadletters"):
        assert api.get(path, params={"after": cursor}).status_code == 422


def test_day_is_told_hour_by_hour(cloud: WholeCloud, api: httpx.Client) -> None:
    at = datetime(2026, 11, 22, 9, 30, tzinfo=SHANGHAI)
    back = msgspec.structs.replace(a_sale(3, total_minor=-200, end_at=at), lines=[])
    cloud.sell(a_sale(1, end_at=at), a_sale(2), with_revision(back))
    query = {"store": "sh-0001", "business_day": "2026-11-22"}
    assert items(api.get("/sales/by-hour", params=query)) == [
        {"hour": 9, "currency": "CNY", "sales": 1, "returns": 1, "net_minor": 1050},
        {"hour": 12, "currency": "CNY", "sales": 1, "returns": 0, "net_minor": 1250},
    ]
    assert back.lines == [] or back.lines[0].kind is LineKind.RETURN


def doors(api: httpx.Client, day: str = "2026-11-22", store: str = "sh-0001") -> dict[str, Any]:
    answer = api.get("/footfall/by-hour", params={"store": store, "business_day": day})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_doors_are_told_hour_by_hour_beside_sales(cloud: WholeCloud, api: httpx.Client) -> None:
    nine = datetime(2026, 11, 22, 9, 0, tzinfo=SHANGHAI)
    cloud.count(
        a_minute(nine, ingress=4, egress=1),
        a_minute(nine + timedelta(minutes=1), ingress=1, gaps={GapReason.LOST: 40_000}),
        an_unwatched_minute(nine + timedelta(hours=1), GapReason.STALLED),
    )
    cloud.sell(a_sale(1, end_at=nine), a_sale(2, end_at=nine + timedelta(minutes=1)))
    found = doors(api)
    assert (found["ingress"], found["egress"], found["ignored"]) == (5, 1, 0)
    assert found["begin_at"] == "2026-11-22T00:00:00+08:00"
    assert found["conversion"] == {
        "rate": 0.25,
        "groups": None,
        "per_group": None,
        "sales": 1,
        "visitors": 4,
        "watched_min": 1,
        "of_min": 2,
    }
    assert [(each["hour"], each["ingress"]) for each in found["hours"]] == [(9, 5), (10, None)]
    (camera,) = found["cameras"]
    assert camera["lines"] == [{"line": "doorstep", "ingress": 5, "egress": 1}]
    assert camera["gaps"] == [
        {"reason": "lost", "seconds": 40.0},
        {"reason": "stalled", "seconds": 60.0},
    ]
    assert (camera["device"], camera["observed_s"]) == (SHOP.device, 80.0)


def test_store_without_cameras_has_nulls_and_no_zeros(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1))
    found = doors(api)
    assert (found["ingress"], found["conversion"], found["hours"]) == (None, None, [])
    cloud.count(a_minute(ingress=1))
    assert doors(api, "2026-11-24")["conversion"]["rate"] is None  # its cameras said nothing
    assert doors(api, "2026-12-24")["conversion"] is None  # it has none any more


def test_doors_of_an_unknown_store_or_anothers_are_not_found(
    api: httpx.Client, stranger: httpx.Client
) -> None:
    for who, store in ((api, "sh-0009"), (stranger, "sh-0001")):
        query = {"store": store, "business_day": "2026-11-22"}
        for path in (f"/footfall/{name}" for name in ("by-hour", "day", "heat", "drift")):
            assert who.get(path, params=query).status_code == 404


def test_day_is_told_beside_heads_and_what_nobody_looked_for_is_null(
    cloud: WholeCloud, api: httpx.Client
) -> None:
    query = {"store": "sh-0001", "business_day": "2026-11-22"}
    nothing = api.get("/footfall/day", params=query).json()
    assert (nothing["begin_at"], nothing["doors"]["visitors"], nothing["hours"]) == (None, None, [])
    cloud.check(an_audit(AUDIT))
    cloud.count(*a_crowded_day(hours=2))
    found = api.get("/footfall/day", params=query).json()
    doors, capture = found["doors"], found["capture"]
    assert doors["visitors"] == doors["ingress"] - doors["staff_in"] - doors["again"]
    assert capture["rate"] == capture["entrants"] / (capture["entrants"] + capture["passers"])
    assert (capture["watched_min"], found["hours"][1]["capture"]) == (60, None), "it was dark"
    assert found["occupancy"]["last"] == doors["ingress"] - doors["egress"]
    assert found["occupancy"]["drift"] is None
    assert [(zone["zone"], zone["kind"]) for zone in found["zones"]] == [
        ("shelf", "dwell"),
        ("till", "queue"),
    ]
    assert [each["marked_min"] for each in found["hours"]] == [0, found["marked_min"]] == [0, 60]
    (audit,) = found["audits"]
    assert (audit["holds"], audit["recall"]["value"]) == (True, 0.98)
    (door,) = api.get("/footfall/heat", params=query).json()["cameras"]
    assert sum(door["cells"].values()) > 0
    cloud.count(a_minute(OPENS + timedelta(hours=3), ingress=1))
    found = api.get("/footfall/day", params=query).json()
    assert found["doors"]["visitors"] is None
    assert found["hours"][2]["doors"]["ingress"] is None


def test_drift_is_told_day_by_day_and_added_up(cloud: WholeCloud, api: httpx.Client) -> None:
    query = {"store": "sh-0001", "business_day": "2026-11-22", "days": "3"}
    nothing = api.get("/footfall/drift", params=query).json()
    assert (nothing["days"], nothing["whole"], nothing["counted_days"]) == ([], None, 0)
    for back, egress in ((1, 30), (2, 42)):
        at = OPENS - timedelta(days=back)
        cloud.count(a_minute(at, ingress=40), a_minute(at + timedelta(hours=1), egress=egress))
    found = api.get("/footfall/drift", params=query).json()
    earlier, yesterday, today = found["days"]
    assert (today["business_day"], today["is_over"], today["drift"]) == ("2026-11-22", False, None)
    assert yesterday["drift"] == {
        "left": 10,
        "ingress": 40,
        "share": 0.25,
        "unwatched_min": 59,
        "is_watched": False,
        "is_flagged": True,
    }
    assert (earlier["drift"]["left"], earlier["drift"]["is_flagged"]) == (-2, False)
    assert (found["whole"]["left"], found["counted_days"], found["flagged_days"]) == (8, 2, 1)
    for days in ("0", "93"):
        answer = api.get("/footfall/drift", params=query | {"days": days})
        assert answer.status_code == 422


def test_device_tells_how_its_cameras_are(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.enrol()
    birth = Birth(birth="b", bootid="boot", agent_version="0.1.0", started_at="", epochs=[])
    cloud.registry.born(SHOP, birth, cloud.clock.now())
    door = CameraState(
        name="door",
        state="watching",
        since_s=5,
        sampled_fps=5,
        troubles=["dark", "blocked"],
        troubled_s=3,
    )
    cloud.beat(Heartbeat(uptime_s=1, streams=[], cameras=[door]))
    (device,) = items(api.get("/devices"))
    assert device["cameras"] == [
        {
            "name": "door",
            "state": "watching",
            "since_s": 5.0,
            "sampled_fps": 5.0,
            "troubles": ["blocked", "dark"],
            "troubled_s": 3.0,
        }
    ]


def test_member_is_found_by_phone_and_shown_masked(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1, phone=PHONE, family_name="王"), a_sale(2, card="1234567890123"))
    (found,) = items(api.post("/members/search", json={"phone": "137 8765 5678"}))
    assert found["strength"] == "asserted"
    answer = api.get(f"/members/{found['one_id']}")
    member = answer.json()
    assert (member["name"], member["phones"]) == ("王*", ["+86 137****5678"])
    assert (member["visits"], member["spend"]) == (1, [{"currency": "CNY", "amount_minor": 1250}])
    assert "13787655678" not in answer.text
    (by_card,) = items(
        api.post("/members/search", json={"card": "1234567890123", "programme": "house"})
    )
    assert by_card["one_id"] != found["one_id"]


def test_nobody_found_is_an_empty_list(api: httpx.Client) -> None:
    for body in ({"phone": PHONE}, {"card": "77"}, {"code": "77"}, {"phone": "13800138000"}):
        assert items(api.post("/members/search", json=body)) == []


def test_member_is_explained_without_personal_data(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1, phone=PHONE, family_name="王"))
    (found,) = items(api.post("/members/search", json={"phone": PHONE}))
    answer = api.get(f"/members/{found['one_id']}/explain")
    assert [step["change"] for step in answer.json()["steps"]] == ["created", "attached"]
    assert "王" not in answer.text
    assert "5678" not in answer.text


def test_every_look_at_a_person_is_in_the_audit(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1, phone=PHONE))
    (found,) = items(api.post("/members/search", json={"phone": PHONE}))
    api.get(f"/members/{found['one_id']}")
    api.get(f"/members/{found['one_id']}/explain")
    api.get("/members/00000000-0000-4000-8000-000000000000")
    deeds = [(entry.action, entry.subject) for entry in cloud.audit.latest(cloud.engine, 3)]
    assert deeds == [
        ("member_explained", f"member:{found['one_id']}"),
        ("member_read", f"member:{found['one_id']}"),
        ("member_searched", "members"),
    ]


def test_ledger_says_how_far_it_has_come(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1), a_sale(2), a_sale(3, kind=Kind.CONTROL))
    cloud.arrive(b"not a batch")
    figures = api.get("/ledger").json()
    assert figures == {
        "generation": cloud.journal.generation,
        "head": 3,
        "events": 3,
        "sales": 2,
        "controls": 1,
        "duplicates": 0,
        "conflicts": 0,
        "dead_letters": 1,
    }


def test_dead_letters_say_why_and_keep_their_content_closed(
    cloud: WholeCloud, api: httpx.Client
) -> None:
    invented = stamped(a_sale(1, phone=PHONE), 1).replace(b"sale.recorded", b"sale.invented")
    cloud.arrive(Codec().encode(EPOCH, "sale", 1, [invented]))
    cloud.arrive(b"not a batch")
    answer = api.get("/deadletters", params={"limit": 1})
    (first,) = items(answer)
    assert (first["reason"], first["device"]) == ("unknown_type", SHOP.device)
    assert "13787655678" not in answer.text
    (second,) = items(api.get("/deadletters", params={"after": answer.json()["next"]}))
    assert (second["reason"], second["replayed_at"]) == ("unreadable", None)


def test_another_retailer_sees_nothing_of_ours(
    cloud: WholeCloud, api: httpx.Client, stranger: httpx.Client
) -> None:
    cloud.enrol()
    cloud.sell(a_sale(1, phone=PHONE))
    cloud.arrive(b"not a batch")
    (found,) = items(api.post("/members/search", json={"phone": PHONE}))
    assert [store["store"] for store in items(stranger.get("/stores"))] == ["bj-0001"]
    for path in ("/devices", "/sales", "/deadletters"):
        assert items(stranger.get(path)) == []
    assert items(stranger.post("/members/search", json={"phone": PHONE})) == []
    for path in (f"/members/{found['one_id']}", f"/members/{found['one_id']}/explain"):
        assert stranger.get(path).status_code == 404
    assert stranger.delete(f"/devices/{SHOP.device}").status_code == 404
    assert cloud.registry.is_enrolled(SHOP)
    query = {"store": "sh-0001", "business_day": "2026-11-22"}
    assert items(stranger.get("/sales/by-hour", params=query)) == []


def test_shop_fetches_the_cards_it_missed_with_the_device_s_own_login(
    cloud: WholeCloud, api: httpx.Client
) -> None:
    secret = cloud.enrol().secret
    cloud.sell(a_sale(1, phone=PHONE, family_name="王"))
    page = cards(api, secret)
    (delta,) = page.deltas
    assert delta.card is not None
    assert (delta.card.phones, delta.card.family_name) == ([PHONE], "王")
    assert page.through == page.head == delta.sequence
    assert cards(api, secret, after=page.through).deltas == []


def test_shop_s_cards_are_for_its_own_devices_only(cloud: WholeCloud, api: httpx.Client) -> None:
    secret = cloud.enrol().secret
    cloud.open_store("sh-0002")
    other = cloud.enrol(DevicePath(TENANT, StoreId("sh-0002"), DeviceId("sh-0002-tab1")))
    cloud.sell(a_sale(1, phone=PHONE))
    answer = api.get("/shop/cards", auth=("sh-0002-tab1", other.secret))
    assert decode_page(answer.content).deltas == []
    for login in ((SHOP.device, other.secret), ("nobody", secret), (SHOP.device, "")):
        refused = api.get("/shop/cards", auth=login)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
    assert api.get("/shop/cards").status_code == 401
    cloud.registry.revoke(SHOP.device, TERMINAL)
    assert api.get("/shop/cards", auth=(SHOP.device, secret)).status_code == 401


def cards(api: httpx.Client, secret: str, after: int = 0) -> CardPage:
    answer = api.get("/shop/cards", params={"after": after}, auth=(SHOP.device, secret))
    assert answer.status_code == 200, answer.text
    return decode_page(answer.content)


def test_health_is_open_to_all(api: httpx.Client) -> None:
    answer = httpx.get(f"{api.base_url}health", timeout=30)
    assert answer.json()["status"] == "ok"


def test_no_answer_is_kept_by_a_proxy(api: httpx.Client) -> None:
    for path in ("/sales", "/nowhere", "/shop/cards"):
        assert api.get(path).headers["cache-control"] == "no-store"


def test_training_is_in_the_feed_but_not_in_the_day(cloud: WholeCloud, api: httpx.Client) -> None:
    cloud.sell(a_sale(1, status=Status.TRAINING))
    assert [sale["standing"] for sale in items(api.get("/sales"))] == ["training"]
    query = {"store": "sh-0001", "business_day": "2026-11-22"}
    assert items(api.get("/sales/by-hour", params=query)) == []

"""The API's alarms: whose they are, page by page, and saying that somebody knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cloud.access import Scope
from cloud.ingest.alarms import AlarmKind
from cloud.ingest.alarms.deciding import Facts, Place, Sign, Trouble
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from tests.simulators.facts import SHOP
from tests.simulators.whole_cloud import WholeCloud

FOREIGN = Place(TenantId("other"), StoreId("sh-0001"), DeviceId("theirs"))
OWING: Facts = {"owed": 12, "streams": "sale 12"}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.open_store()
        made.enrol()
        troubles = [Trouble(f"pos{n}", Place.of(SHOP), OWING) for n in range(3)]
        foreign = Trouble("theirs", FOREIGN, OWING)
        stopped = Trouble(facts={"parts": "0-31"})
        made.alarms.look(
            [
                Sign(AlarmKind.DEVICE_SILENT, [*troubles, foreign]),
                Sign(AlarmKind.INGEST_STOPPED, [stopped]),
            ]
        )
        yield made


@pytest.fixture
def api(cloud: WholeCloud) -> Iterator[httpx.Client]:
    bearer = {"Authorization": f"Bearer {cloud.token().text}"}
    with (
        cloud.served() as url,
        httpx.Client(base_url=f"{url}/v1", headers=bearer, timeout=30) as made,
    ):
        yield made


def test_a_tenant_sees_its_own_and_what_concerns_everybody(api: httpx.Client) -> None:
    items = api.get("/alarms").json()["items"]
    assert [item["about"] for item in items] == ["pos0", "pos1", "pos2", ""]
    first = items[0]
    assert (first["kind"], first["severity"], first["state"]) == (
        "device_silent",
        "warning",
        "standing",
    )
    assert first["detail"] == "It owed 12 events (sale 12) when it was last heard of."
    assert first["facts"] == OWING
    assert (first["store"], first["count"], first["over_at"]) == (SHOP.store, 1, None)


def test_alarms_come_in_pages_and_by_what_is_asked_for(api: httpx.Client) -> None:
    page = api.get("/alarms", params={"limit": 3}).json()
    assert (len(page["items"]), page["more"]) == (3, True)
    rest = api.get("/alarms", params={"limit": 3, "after": page["next"]}).json()
    assert ([item["about"] for item in rest["items"]], rest["more"]) == ([""], False)
    for query, expected in (
        ({"store": SHOP.store}, 3),
        ({"kind": "ingest_stopped"}, 1),
        ({"device": SHOP.device}, 3),
        ({"state": "acknowledged"}, 0),
        ({"state": "standing"}, 4),
        ({"store": "sh-0009"}, 0),
    ):
        assert len(api.get("/alarms", params=query).json()["items"]) == expected
    assert api.get("/alarms", params={"kind": "nonsense"}).status_code == 422


def test_somebody_says_that_they_know(cloud: WholeCloud, api: httpx.Client) -> None:
    number = api.get("/alarms").json()["items"][0]["id"]
    seen = api.post(f"/alarms/{number}/acknowledge").json()
    assert (seen["state"], seen["acknowledged_by"][:6]) == ("acknowledged", "token:")
    assert api.post(f"/alarms/{number}/acknowledge").json() == seen
    assert cloud.audit.latest(cloud.engine)[0].actor == seen["acknowledged_by"]


def test_nobody_acknowledges_what_is_not_theirs(cloud: WholeCloud, api: httpx.Client) -> None:
    by_about = {alarm.about: alarm.id for alarm in cloud.alarms.listed()}
    assert api.post(f"/alarms/{by_about['theirs']}/acknowledge").status_code == 404
    assert api.post(f"/alarms/{by_about['']}/acknowledge").status_code == 403
    assert api.post("/alarms/9999/acknowledge").status_code == 404
    reader = {"Authorization": f"Bearer {cloud.token(Scope.READ).text}"}
    answer = api.post(f"/alarms/{by_about['pos1']}/acknowledge", headers=reader)
    assert answer.status_code == 403
    assert api.get("/alarms", headers=reader).status_code == 200
    assert httpx.get(str(api.base_url.join("alarms")), timeout=30).status_code == 401


def test_a_store_managers_token_sees_its_stores_and_nothing_else(
    cloud: WholeCloud, api: httpx.Client
) -> None:
    cloud.open_store("sh-0002")
    second = DevicePath(SHOP.tenant, StoreId("sh-0002"), DeviceId("sh-0002-pos1"))
    cloud.enrol(second)
    letters = Trouble(second.device, Place.of(second), {"letters": 1, "reason": "malformed"}, 1)
    cloud.alarms.look([Sign(AlarmKind.DEAD_LETTERS, [letters])])
    bound = cloud.token(stores=[second.store]).text
    api.headers["Authorization"] = f"Bearer {bound}"

    def listed(path: str, **query: str) -> list[str]:
        items = api.get(path, params=query).json()["items"]
        return [item["device"] for item in items]

    assert listed("/alarms") == [second.device]
    assert listed("/alarms", store=SHOP.store) == []
    assert listed("/devices") == [second.device]
    assert listed("/devices", store=SHOP.store) == []
    for closed in ("/stores", "/ledger", "/deadletters", "/sales"):
        assert api.get(closed).status_code == 403, closed
    assert api.delete(f"/devices/{second.device}").status_code == 403
    by_about = {alarm.about: alarm.id for alarm in cloud.alarms.listed()}
    assert api.post(f"/alarms/{by_about['pos1']}/acknowledge").status_code == 404
    assert api.post(f"/alarms/{by_about['']}/acknowledge").status_code == 404
    assert api.post(f"/alarms/{by_about[second.device]}/acknowledge").json()["state"] == "over"

"""The API's capture quality: whose it is, what it says of a day, records in quarantine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from models.wire.events.sale import Flag
from models.wire.ids import StoreId
from tests.simulators.capture_words import a_source, flagged, released, set_aside, speak
from tests.simulators.facts import a_sale
from tests.simulators.whole_cloud import WholeCloud

DAY = {"store": "sh-0001", "business_day": "2026-11-22"}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path) as made:
        made.open_store()
        made.enrol()
        yield made


@pytest.fixture
def url(cloud: WholeCloud) -> Iterator[str]:
    with cloud.served() as served:
        yield f"{served}/v1"


def client(url: str, cloud: WholeCloud, *stores: str, tenant: str = "demo") -> httpx.Client:
    token = cloud.token(tenant=tenant, stores=[StoreId(store) for store in stores])
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token.text}"}, timeout=30)


def test_a_day_says_what_is_missing_and_what_does_not_add_up(cloud: WholeCloud, url: str) -> None:
    wrong = flagged(a_sale(42), Flag.LINES_DISAGREE)
    cloud.sell(a_sale(41), wrong, a_sale(45))
    with client(url, cloud) as api:
        day = api.get("/capture/by-till", params=DAY).json()
    assert (day["transactions"], day["missing"], day["disagreeing"]) == (3, 2, 1)
    (till,) = day["tills"]
    assert (till["wholeness"], till["series"][0]["habit"]) == ("gaps", "unknown")
    (gap,) = till["series"][0]["gaps"]
    assert (gap["first"], gap["last"], gap["count"], gap["before_first"]) == ("43", "44", 2, False)
    (source,) = day["sources"]
    assert (source["adapter"], source["flagged"]) == ("poslog", {"lines_disagree": 1})
    (receipt,) = day["receipts"]
    assert (receipt["sequence_number"], receipt["sums"]["goods_off_minor"]) == ("42", 0)


def test_a_day_of_which_nothing_came_is_empty(cloud: WholeCloud, url: str) -> None:
    with client(url, cloud) as api:
        day = api.get("/capture/by-till", params=DAY | {"business_day": "0001-01-01"}).json()
    assert (day["transactions"], day["tills"], day["sources"]) == (0, [], [])


def test_records_are_listed_with_what_was_read_of_them(cloud: WholeCloud, url: str) -> None:
    cloud.set_aside(set_aside("a"), set_aside("b"), released("b"))
    with client(url, cloud) as api:
        (there,) = api.get("/capture/quarantine").json()["items"]
        (gone,) = api.get("/capture/quarantine", params={"released": True}).json()["items"]
    assert (there["name"], there["how"]) == ("a", None)
    assert [piece["fault"] for piece in there["pieces"]] == ["", "no total"]
    assert (gone["name"], gone["how"]) == ("b", "retried")


def test_a_token_of_other_stores_sees_nothing_of_this_one(cloud: WholeCloud, url: str) -> None:
    cloud.set_aside(set_aside())
    with client(url, cloud, "sh-0002") as api:
        assert api.get("/capture/by-till", params=DAY).status_code == 403
        assert api.get("/capture/quarantine", params={"store": "sh-0001"}).status_code == 403
        assert api.get("/capture/quarantine").json() == {"items": []}
    with client(url, cloud, "sh-0001") as api:
        assert len(api.get("/capture/quarantine").json()["items"]) == 1
        assert api.get("/capture/by-till", params=DAY).status_code == 200


def test_another_tenants_token_sees_nothing(cloud: WholeCloud, url: str) -> None:
    cloud.sell(a_sale(1))
    cloud.set_aside(set_aside())
    with client(url, cloud, tenant="other") as api:
        assert api.get("/capture/by-till", params=DAY).json()["transactions"] == 0
        assert api.get("/capture/quarantine").json() == {"items": []}


def test_devices_say_how_their_sources_are(cloud: WholeCloud, url: str) -> None:
    speak(cloud, a_source("counter-2", unbalanced=4))
    with client(url, cloud) as api:
        (device,) = api.get("/devices").json()["items"]
    (source,) = device["sources"]
    assert (source["name"], source["state"], source["unbalanced"]) == ("counter-2", "ready", 4)
    assert source["last_at"] == "2026-11-22T03:59:30Z"

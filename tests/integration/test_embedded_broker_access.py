"""Who may do what is the same on the embedded broker and on a Mosquitto, from the same logins."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from cloud.broker import Login
from models.wire.topics import Down, Stream, Up
from tests.simulators.embedded_broker import embedded_broker
from tests.simulators.known_logins import KnownDevice, device, logins_of, worker
from tests.simulators.mosquitto import mosquitto
from tests.simulators.mqtt_crowd import (
    REFUSED,
    Crowd,
    CrowdClient,
    LoginRefused,
    Received,
    Will,
    run_crowd,
)

pytestmark = pytest.mark.broker

TILL = device("s1-till", store="s1")
TABLET = device("s1-tablet", store="s1")
OTHER = device("s2-till", store="s2")
WORKER = worker()
EVERYBODY = logins_of(TILL, TABLET, OTHER, WORKER)


class Broker(Protocol):
    """What the suite needs of a broker."""

    @property
    def address(self) -> tuple[str, int]: ...

    def apply_logins(self, logins: Iterable[Login], /) -> None: ...


@pytest.fixture(scope="module", params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Broker]:
    directory: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        with embedded_broker(directory, EVERYBODY) as embedded:
            yield embedded
    else:
        with mosquitto(directory, EVERYBODY) as real:
            yield real


async def log_in(crowd: Crowd, who: Any, **options: Any) -> CrowdClient:
    return await crowd.connect(who.name, who.secret, **options)


async def worker_hearing_all(crowd: Crowd) -> CrowdClient:
    cloud = await log_in(crowd, WORKER)
    assert await cloud.subscribe("lk1/#") == [1]
    return cloud


async def listening(crowd: Crowd, known: KnownDevice) -> CrowdClient:
    client = await log_in(crowd, known)
    own, shop = (
        known.down().removesuffix("ack") + "#",
        known.shop_down().removesuffix("cards") + "#",
    )
    assert await client.subscribe(own, shop) == [1, 1]
    return client


def test_own_up_arrives_at_the_worker(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        cloud = await worker_hearing_all(crowd)
        till = await log_in(crowd, TILL)
        assert await till.publish(TILL.up(Stream.SALE), b"batch")
        await cloud.until_received(1)
        assert cloud.received == [Received(TILL.up(Stream.SALE), b"batch", retained=False)]

    run_crowd(broker.address, story)


def test_worker_of_one_part_hears_its_stores_only(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        cloud = await log_in(crowd, WORKER)
        part = TILL.up().split("/")[2]
        assert await cloud.subscribe(f"lk1/+/{part}/+/+/up/+") == [1]
        for known in (OTHER, TILL):
            await (await log_in(crowd, known)).publish(known.up(), known.name.encode())
        await cloud.until_received(1)
        assert [one.payload for one in cloud.received] == [b"s1-till"]

    run_crowd(broker.address, story)


def test_foreign_up_is_never_delivered(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        cloud = await worker_hearing_all(crowd)
        forger = await log_in(crowd, TILL)
        for topic in (TABLET.up(), OTHER.up(Up.STATE), TILL.down(), TILL.shop_down(), "lk1/x", "x"):
            await forger.publish(topic, b"forged", retained=True)
        await _last_of(crowd, forger, cloud)
        assert [one.payload for one in cloud.received] == [b"last"]
        assert await _retained(crowd) == []

    async def _last_of(crowd: Crowd, forger: CrowdClient, cloud: CrowdClient) -> None:
        if not forger.connected:  # a broker may also hang up on a forger
            forger = await log_in(crowd, TILL)
        await forger.publish(TILL.up(), b"last")
        await cloud.until_received(1)

    run_crowd(broker.address, story)


def test_own_and_shop_down_arrive_and_no_other(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        till, tablet, other = [await listening(crowd, one) for one in (TILL, TABLET, OTHER)]
        cloud = await log_in(crowd, WORKER)
        for topic in (TILL.down(), TILL.shop_down(), OTHER.down(Down.COMMAND), OTHER.shop_down()):
            assert await cloud.publish(topic, b"x")
        await asyncio.gather(
            till.until_received(2), tablet.until_received(1), other.until_received(2)
        )
        await asyncio.sleep(0.1)
        assert [one.topic for one in till.received] == [TILL.down(), TILL.shop_down()]
        assert [one.topic for one in tablet.received] == [TILL.shop_down()]
        assert [one.topic for one in other.received] == [
            OTHER.down(Down.COMMAND),
            OTHER.shop_down(),
        ]

    run_crowd(broker.address, story)


def test_foreign_subscription_is_refused_or_yields_nothing(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        spy = await log_in(crowd, TILL)
        for topic in ("#", "lk1/#", TABLET.down(), OTHER.shop_down(), TABLET.up(), "$SYS/#", "+/+"):
            await spy.subscribe(topic)
        cloud, tablet = await log_in(crowd, WORKER), await log_in(crowd, TABLET)
        for topic in (TABLET.down(), OTHER.down(), OTHER.shop_down()):
            await cloud.publish(topic, b"secret")
        await tablet.publish(TABLET.up(), b"secret")
        await asyncio.sleep(0.2)
        assert spy.received == []

    run_crowd(broker.address, story)


def test_worker_cannot_forge_a_device(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        hearing = await worker_hearing_all(crowd)
        await hearing.publish(TILL.up(), b"forged")
        till = await log_in(crowd, TILL)
        await till.publish(TILL.up(), b"real")
        await hearing.until_received(1)
        assert [one.payload for one in hearing.received] == [b"real"]

    run_crowd(broker.address, story)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        (TILL.name, TABLET.secret),
        (TILL.name, ""),
        ("unknown", TILL.secret),
        ("_probe", TILL.secret),
        ("_control", TILL.secret),
    ],
)
def test_wrong_login_is_refused(broker: Broker, name: str, secret: str) -> None:
    async def story(crowd: Crowd) -> None:
        with pytest.raises(LoginRefused):
            await crowd.connect(name, secret)

    run_crowd(broker.address, story)


def test_will_is_delivered_and_kept_for_those_who_come_later(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        cloud = await worker_hearing_all(crowd)
        till = await log_in(crowd, TILL, will=Will(TILL.up(Up.STATE), b"offline"))
        await till.publish(TILL.up(Up.STATE), b"online", retained=True)
        await cloud.until_received(1)
        till.vanish()
        await cloud.until_received(2)
        assert [one.payload for one in cloud.received] == [b"online", b"offline"]
        assert await _retained(crowd) == [Received(TILL.up(Up.STATE), b"offline", retained=True)]
        await (await log_in(crowd, TILL)).publish(TILL.up(Up.STATE), b"", retained=True)

    run_crowd(broker.address, story)


def test_foreign_will_is_not_delivered(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        cloud = await worker_hearing_all(crowd)
        try:
            forger = await log_in(crowd, TILL, will=Will(TABLET.up(Up.STATE), b"forged"))
        except LoginRefused:
            return  # Mosquitto refuses the login itself
        forger.vanish()
        await (await log_in(crowd, TABLET)).publish(TABLET.up(Up.BIRTH), b"last")
        await cloud.until_received(1)
        await asyncio.sleep(0.1)
        assert [one.payload for one in cloud.received] == [b"last"]

    run_crowd(broker.address, story)


def test_persistent_session_keeps_what_came_while_away(broker: Broker) -> None:
    async def story(crowd: Crowd) -> None:
        till = await log_in(crowd, TILL, clean=False)
        assert await till.subscribe(TILL.down()) == [1]
        await till.disconnect()
        cloud = await log_in(crowd, WORKER)
        for n in range(20):
            await cloud.publish(TILL.down(), b"%d" % n)
        back = await log_in(crowd, TILL, clean=False)
        assert back.session_present
        await back.until_received(20)
        assert [one.payload for one in back.received] == [b"%d" % n for n in range(20)]
        await back.disconnect()
        assert not (await log_in(crowd, TILL, clean=True)).session_present

    run_crowd(broker.address, story)


def test_foreign_client_id_hears_nothing_of_the_session(broker: Broker) -> None:
    """Mosquitto ignores a foreign id, the embedded broker ends the owner's connection: no leak."""

    async def story(crowd: Crowd) -> None:
        owner = await log_in(crowd, TILL, clean=False)
        await owner.subscribe(TILL.down())
        await owner.disconnect()
        cloud = await log_in(crowd, WORKER)
        await cloud.publish(TILL.down(), b"for the till")
        thief = await log_in(crowd, TABLET, client_id=TILL.name, clean=False)
        await asyncio.sleep(0.2)
        assert thief.received == []
        await thief.disconnect()
        await (await log_in(crowd, TILL, clean=True)).disconnect()

    run_crowd(broker.address, story)


def test_new_logins_take_effect_while_others_stay_connected(broker: Broker) -> None:
    newcomer = device("s1-newcomer", store="s1")

    async def story(crowd: Crowd) -> None:
        till, leaver = await listening(crowd, TILL), await listening(crowd, OTHER)
        with pytest.raises(LoginRefused):
            await log_in(crowd, newcomer)
        broker.apply_logins(logins_of(TILL, TABLET, WORKER, newcomer))
        new = await _log_in_soon(crowd, newcomer)
        assert await new.subscribe(newcomer.down()) == [1]
        cloud = await log_in(crowd, WORKER)
        await cloud.publish(newcomer.down(), b"welcome")
        await new.until_received(1)
        await cloud.publish(TILL.down(), b"still here")
        await till.until_received(1)
        with pytest.raises(LoginRefused):
            await log_in(crowd, OTHER)
        leaver.vanish()

    try:
        run_crowd(broker.address, story)
    finally:
        broker.apply_logins(EVERYBODY)


async def _log_in_soon(crowd: Crowd, known: KnownDevice) -> CrowdClient:
    """Mosquitto reloads a moment after it was asked."""
    for _ in range(100):
        try:
            return await log_in(crowd, known)
        except LoginRefused:
            await asyncio.sleep(0.05)
    raise AssertionError("the new login never took effect")


async def _retained(crowd: Crowd) -> list[Received]:
    fresh = await worker_hearing_all(crowd)
    await asyncio.sleep(0.1)
    assert REFUSED not in await fresh.subscribe("lk1/+/+/+/+/down/#")
    await fresh.disconnect()
    return [one for one in fresh.received if one.retained]

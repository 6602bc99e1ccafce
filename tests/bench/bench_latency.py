"""How long a sale waits for the ledger's word, at 200 sales a second.

    python -m tests.bench.bench_latency

Real processes: Mosquitto and ``lianke-cloud ingest`` on SQLite; the outbox and link here. Our side
counts from the return of ``append`` (the till's commit) to the ledger's acknowledgement of that
sale; on the way the ledger commits to its disk, while the outbox syncs later sales to its own. The
other side is bare paho on the same broker, QoS 1, TCP_NODELAY: publish to arrival at a subscriber,
at the same rate with the same bytes. Stretches of a few seconds alternate; p99 over all of them.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from agent.outbox import Draft
from models.runtime.clock import SystemClock
from models.runtime.garbage import spare_what_is_loaded
from models.wire.topics import Down, Stream, down
from tests.bench.bench_edge import PLAN
from tests.bench.bench_uplink import bare_client
from tests.simulators.demo.stopwatch import percentile
from tests.simulators.facts import SHOP
from tests.simulators.outbox_parts import Premises, a_draft
from tests.simulators.processes import eventually
from tests.simulators.shop_line import WatchedOutbox, a_link, paho_transport
from tests.simulators.split_cloud import PROJECT, SplitCloud

STRETCHES = 4
RATE = 200
STRETCH_S = 4.0
WARM_UP = 100
LIMIT = 4.0

Figure = dict[str, Any]


def measure(stretches: int = STRETCHES) -> list[Figure]:
    """p50 and p99 of ours, and p99 over bare paho's."""
    ours, bare = _latencies_ms(stretches)
    return [_figure("latency.200", ours, bare, 0.99), _figure("latency.200.p50", ours, bare, 0.5)]


def _latencies_ms(stretches: int) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    bare: list[float] = []
    spare_what_is_loaded()  # as the agent does, which has not even half of this process's modules
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cloud = SplitCloud(folder / "cloud", [PLAN])
        premises = Premises(folder / "shop", clock=SystemClock())
        watched = WatchedOutbox(premises.open())
        count = round(RATE * STRETCH_S)
        try:
            cloud.broker.start()
            cloud.start_ingest()
            for n in range(stretches):
                drafts = [a_draft(1 + n * count + k, lines=3) for k in range(count)]
                ours += _ours_ms(watched, cloud, folder, drafts)
                bare += _bare_ms(cloud, [draft.body for draft in drafts])
        finally:
            watched.outbox.close()
            premises.close()
            cloud.stop()
    return ours, bare


def _ours_ms(
    watched: WatchedOutbox, cloud: SplitCloud, folder: Path, drafts: Sequence[Draft]
) -> list[float]:
    transport = paho_transport(cloud.broker.address, SHOP, cloud.secrets[SHOP.store])
    link = a_link(watched, transport, SHOP, folder)
    link.start()
    assert eventually(link.online, 10)
    appended_s: dict[int, float] = {}

    def sell(n: int) -> None:
        [stored] = watched.outbox.append(Stream.SALE, [drafts[n]])
        assert stored.sequence is not None
        appended_s[stored.sequence] = perf_counter()

    paced(sell, len(drafts))
    assert eventually(lambda: set(appended_s) <= set(watched.acknowledged_at), 30)
    link.stop()
    came_s = watched.acknowledged_at
    waits = [1000 * (came_s[sequence] - at_s) for sequence, at_s in appended_s.items()]
    return waits[WARM_UP:]


def _bare_ms(cloud: SplitCloud, payloads: Sequence[bytes]) -> list[float]:
    """Speak as the projector, which does not run here, and listen as the device."""
    password = cloud.secrets[SHOP.store]
    arrived_s: list[float] = []
    listener = bare_client(cloud.broker.address, SHOP.device, password)
    listener.on_message = lambda *_: arrived_s.append(perf_counter())
    listener.subscribe(down(SHOP, Down.COMMAND), 1)
    speaker = bare_client(cloud.broker.address, PROJECT, cloud.password(PROJECT))
    sent_s: list[float] = []

    def say(n: int) -> None:
        sent_s.append(perf_counter())
        speaker.publish(down(SHOP, Down.COMMAND), payloads[n], qos=1)

    paced(say, len(payloads))
    assert eventually(lambda: len(arrived_s) == len(payloads), 30)
    for client in (listener, speaker):
        client.disconnect()
        client.loop_stop()
    return [1000 * (there - here) for here, there in zip(sent_s, arrived_s, strict=True)][WARM_UP:]


def paced(act: Callable[[int], None], count: int) -> None:
    """Act at RATE; who is late catches up."""
    began_s = perf_counter()
    for n in range(count):
        ahead_s = began_s + n / RATE - perf_counter()
        if ahead_s > 0:
            time.sleep(ahead_s)
        act(n)


def _figure(name: str, ours: Sequence[float], bare: Sequence[float], share: float) -> Figure:
    mine, theirs = percentile(sorted(ours), share), percentile(sorted(bare), share)
    assert mine is not None
    assert theirs is not None
    return {
        "name": name,
        "value": mine,
        "unit": "ms",
        "ratio": round(mine / theirs, 2),
        "against": f"bare paho publish to subscribe, {theirs} ms; at most {LIMIT:g} x",
    }


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))

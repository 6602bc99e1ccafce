"""A bad line: a TCP proxy that delays, stalls, trickles, swallows, resets and goes down.

    with BadLine(broker.address, seed=7) as line:
        agent_connects_to(line.address)
        line.impair(up=Quality(delay_s=2.0))
        line.flap(up_s=5.0, down_s=5.0, outage=Outage.RESETS)
        line.heal()

It stands between an agent and its broker on loopback and needs no rights, so every test can have
one. What it cannot do is below TCP: lost or doubled packets are the kernel's to mend and cost time
only, which delays and stalls stand for.
"""

from tests.simulators.impairment.line import BadLine
from tests.simulators.impairment.quality import PERFECT, Figures, Outage, Quality

__all__ = ["PERFECT", "BadLine", "Figures", "Outage", "Quality"]

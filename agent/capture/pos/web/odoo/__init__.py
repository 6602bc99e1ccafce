"""An Odoo point of sale, asked for its orders over JSON-RPC.

``calling`` asks, ``orders`` pages through what changed, ``transcripts`` maps an order,
``watermark`` remembers how far we are, and ``OdooPuller`` does it all in a thread of its own.
Nothing is ever written to the Odoo.
"""

from agent.capture.pos.web.odoo.pulling import OdooPuller, PullingStatus
from agent.config.odoo import OdooSettings

__all__ = ["OdooPuller", "OdooSettings", "PullingStatus"]

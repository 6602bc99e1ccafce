"""The agent's composition root: every part is built once, in the order in which a sale passes them.

    keys → outbox → replica → intake → spool (the till)     a sale comes in and is durable
                  → link (MQTT), catch-up (HTTPS)           it goes up, cards come down
                  → tablet                                  the guide sees it
                  → scheduler                               heartbeat, housekeeping

``Agent`` alone knows everything; the parts know only their ports. They are started in this order
and stopped in the reverse one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import TracebackType
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import CollectorRegistry

from agent.capture.intake import Intake
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.capture.pos.spool import Spool
from agent.clock import DeviceClock, read_boot_id
from agent.config import AgentConfig, configs_folder, device_secret
from agent.errors import AgentError
from agent.facts import FactMaker
from agent.health.heartbeat import Vitals, take_pulse
from agent.outbox import Outbox
from agent.replica import PhoneNumbers, Replica
from agent.sync.announcement import Announcer
from agent.sync.backoff import Backoff
from agent.sync.catch_up import CatchUp, HttpsCards
from agent.sync.egress import Limits
from agent.sync.ingress import Ingress
from agent.sync.link import Link
from agent.sync.metrics import SyncMetrics
from agent.sync.mqtt import Endpoint, Login, PahoTransport, Tls
from agent.sync.session import Mailbox, Session, Timing
from agent.sync.transport import Transport
from agent.tablet import TabletServer
from agent.twin.reporter import Reporter
from models.runtime.clock import Clock, SystemClock
from models.runtime.logs import get_logger
from models.vault.keyring import Keyring
from models.vault.master import load_or_create
from models.vault.seal import Sealer
from models.wire.registry import HEARTBEAT
from models.wire.topics import Stream, device_filters

_LOG = get_logger(__name__)

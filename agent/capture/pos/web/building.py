"""The door as its settings say, from the parts that the agent has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from agent.capture.pos.keeping import Keeping
from agent.capture.pos.poslog import PoslogReader
from agent.capture.pos.profile import load_profile
from agent.capture.pos.sink import CaptureContext, SaleSink
from agent.capture.pos.web.aside import QuarantinedPosts
from agent.capture.pos.web.bearer import BearerTokens
from agent.capture.pos.web.book import AnswerBook
from agent.capture.pos.web.odoo import OdooPuller, OdooSettings
from agent.capture.pos.web.odoo.calling import Caller
from agent.capture.pos.web.odoo.watermark import WatermarkFile
from agent.capture.pos.web.profile import WebFormat, load_web_profile
from agent.capture.pos.web.reading import BodyReader, PostedPoslogReader, PostedSaleReader
from agent.capture.pos.web.server import WebDoor
from agent.capture.pos.web.shopify import ShopifyReader, tells_of_orders
from agent.capture.pos.web.signatures import shopify_signature, square_signature
from agent.capture.pos.web.site import Hook, media_types
from agent.capture.pos.web.square import SquareReader
from agent.config.secret_file import read_secret
from agent.config.web import WebSettings
from models.runtime.clock import Clock

_NAME_CHARS: Final = 12


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a source by web needs of the agent.

    Attributes:
        profiles: the folder of till profiles.
        data_dir: where the source keeps what it must remember.
        context: device, clocks, zone and keys.
        sink: where sales go.
        keeping: the quarantine; one of its own, since it serves one thread.
        clock: for times of files.
    """

    profiles: Path
    data_dir: Path
    context: CaptureContext
    sink: SaleSink
    keeping: Keeping
    clock: Clock


def build_door(settings: WebSettings, around: Surroundings) -> WebDoor:
    """A door that is not started yet.

    Raises:
        BadConfiguration: a profile or a file with a secret is missing or wrong.
    """
    return WebDoor(
        settings,
        BearerTokens.read(settings.token_file),
        readers=_readers(settings, around),
        hooks=_hooks(settings, around),
        sink=around.sink,
        aside=QuarantinedPosts(around.keeping, around.clock),
        book=AnswerBook(
            around.data_dir / f"{settings.name}-answers.sqlite3",
            days=settings.answers_days,
            most=settings.most_answers,
        ),
        clock=around.clock,
    )


def build_puller(
    settings: OdooSettings, around: Surroundings, random: Callable[[], float]
) -> OdooPuller:
    """A puller that is not started yet.

    Args:
        settings: which Odoo.
        around: what the agent has.
        random: gives a number from 0 up to 1, for back-off.

    Raises:
        BadConfiguration: the profile or the file with the API key is missing or wrong.
    """
    key = read_secret(settings.key_file, "Odoo's API key")
    named = sha256(f"{settings.url} {settings.database}".encode()).hexdigest()[:_NAME_CHARS]
    return OdooPuller(
        settings,
        Caller(settings, key, around.clock.monotonic_s),
        profile=load_web_profile(around.profiles, settings.profile, WebFormat.ODOO),
        context=around.context,
        sink=around.sink,
        aside=QuarantinedPosts(around.keeping, around.clock),
        watermark=WatermarkFile(around.data_dir / f"odoo-{named}.json"),
        clock=around.clock,
        random=random,
    )


def _readers(settings: WebSettings, around: Surroundings) -> dict[str, BodyReader]:
    profile = load_web_profile(around.profiles, settings.profile, WebFormat.SALE)
    poslog = PostedPoslogReader(
        PoslogReader(load_profile(around.profiles, settings.poslog_profile), around.context)
    )
    json, xml = media_types()
    readers: dict[str, BodyReader] = {json: PostedSaleReader(profile, around.context)}
    return readers | dict.fromkeys(xml, poslog)


def _hooks(settings: WebSettings, around: Surroundings) -> dict[str, Hook]:
    hooks = {}
    if settings.shopify_secret_file is not None:
        profile = load_web_profile(around.profiles, settings.shopify_profile, WebFormat.SHOPIFY)
        secret = read_secret(settings.shopify_secret_file, "Shopify's secret")
        hooks["shopify"] = Hook(
            "web-shopify",
            shopify_signature(secret),
            ShopifyReader(profile, around.context),
            tells_of_orders,
        )
    if settings.square_key_file is not None:
        profile = load_web_profile(around.profiles, settings.square_profile, WebFormat.SQUARE)
        key = read_secret(settings.square_key_file, "Square's signature key")
        hooks["square"] = Hook(
            "web-square",
            square_signature(key, settings.square_url),
            SquareReader(profile, around.context),
            lambda _headers: True,
        )
    return hooks

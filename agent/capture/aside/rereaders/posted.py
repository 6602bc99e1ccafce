"""What was posted to a door: our own JSON, POSLog, webhooks of platforms."""

from __future__ import annotations

from collections.abc import Callable

from agent.capture.aside.formats import json_pieces
from agent.capture.aside.rereader import Bodies, Rereader
from agent.capture.aside.rereaders.asking import Asked
from agent.capture.aside.rereaders.poslog import by_profile
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale
from agent.capture.pos.web.answers import Problem
from agent.capture.pos.web.profile import WebFormat, load_web_profile
from agent.capture.pos.web.reading import BodyReader, PostedSaleReader
from agent.capture.pos.web.shopify import ShopifyReader
from agent.capture.pos.web.square import SquareReader
from agent.config import WebSettings


def rereader(asked: Asked) -> Rereader:
    """By the door's profile for what it is; raises BadConfiguration."""
    doors = [each for each in asked.config.web if asked.source in ("", each.name)]
    settings = asked.only(doors, "[[web]]")
    if "poslog" in asked.file or asked.head.lstrip().startswith(b"<"):
        return by_profile(asked, settings.poslog_profile)
    return _of_json(asked, settings)


def whole(reader: BodyReader, body: bytes) -> list[CapturedSale | Refused]:
    """What a body gives; raises Malformed for what nobody would have kept."""
    try:
        reading = reader.read(body)
    except Problem as error:
        raise Malformed(str(error)) from error
    return [*reading.sales, *reading.refused]


def _of_json(asked: Asked, settings: WebSettings) -> Rereader:
    kinds: dict[str, tuple[WebFormat, str, Callable[..., BodyReader]]] = {
        "web-shopify": (WebFormat.SHOPIFY, settings.shopify_profile, ShopifyReader),
        "web-square": (WebFormat.SQUARE, settings.square_profile, SquareReader),
    }
    sale = (WebFormat.SALE, settings.profile, PostedSaleReader)
    format_, name, kind = kinds.get(asked.file, sale)
    profile = load_web_profile(asked.profiles, name, format_)
    return Rereader(
        profile,
        lambda context: Bodies(lambda body: whole(kind(profile, context), body)),
        json_pieces,
    )

"""A card as a guide, and the person behind the guide, read it; and the page's own sentences."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.capture.footfall.standing import STATES
from agent.health.status.tills import OperatorKeyOrigin, SourceKind
from agent.replica import CardView, MemberRef, SeenPurchase
from agent.tablet.screen import Screens
from models.shown.words import Language, Words
from models.wire.cards import Spend
from models.wire.envelope import ClockQuality
from models.wire.events.footfall import LineKind, ZoneKind
from models.wire.topics import Stream
from tests.simulators.facts import NOON
from tests.simulators.guide_tablet import SHOP
from tests.simulators.shop_cards import PHONE, WANG, a_purchase

ROOT = Path(__file__).parents[2]
TABLET, SHOWN = ROOT / "agent" / "tablet", ROOT / "models" / "shown"
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZH, EN = (Words.load(TABLET / "locales", language) for language in (Language.ZH, Language.EN))


@pytest.mark.parametrize(
    ("ago", "chinese", "english"),
    [
        (timedelta(), "今天 12:00", "today 12:00"),
        (timedelta(hours=13), "昨天 23:00", "yesterday 23:00"),
        (timedelta(days=200), "5月6日 12:00", "6 May, 12:00"),
        (timedelta(days=400), "2025年10月18日", "18 October 2025"),
    ],
)
def test_a_moment_is_said_as_in_the_shop(ago: timedelta, chinese: str, english: str) -> None:
    assert ZH.when(NOON - ago, NOON, SHANGHAI) == chinese
    assert EN.when(NOON - ago, NOON, SHANGHAI) == english


_BLANKS = (
    *("when", "day", "month", "year", "time", "amount", "count", "seconds", "span", "n", "name"),
    *("used", "limit", "cloud", "files", "room", "thinned", "dropped", "judged", "profile"),
    *("camera", "state", "most", "reason", "seen", "told", "hits", "recall", "precision"),
)
_OUTCOMES = ("none", "proposed", "accepted", "applied", "refused", "impossible")
_BY_FACT = {
    *(f"status.{verdict}" for verdict in ("good", "watch", "bad")),
    *(f"stream.{stream}" for stream in Stream),
    *(f"source.{kind}" for kind in SourceKind),
    *(f"camera.{state}" for state in STATES),
    *(f"cashiers.{origin}" for origin in OperatorKeyOrigin),
    *(f"clock.{quality}" for quality in ClockQuality),
    *(f"setup.standing_{word}" for word in _OUTCOMES),
    *(f"sketch.{word}" for word in (*LineKind, *ZoneKind, "line", "zone", "how_line", "how_zone")),
}
"""Sentences whose key is put together from a closed set of facts."""


def test_both_languages_say_the_same_things() -> None:
    assert ZH.keys == EN.keys
    blanks = re.compile(r"\{(\w+)\}")
    values = dict.fromkeys(_BLANKS)
    for key in ZH.keys - {"date.this_year", "date.other_year"}:
        assert set(blanks.findall(ZH(key, **_named(values)))) == set()
        assert set(blanks.findall(EN(key, **_named(values)))) == set()


def _named(values: dict[str, None]) -> dict[str, object]:
    return {name: name for name in values}


def test_every_sentence_is_used_and_every_used_one_exists() -> None:
    used: set[str] = set()
    for path in (*TABLET.rglob("*.html"), *TABLET.rglob("*.py"), *SHOWN.glob("*.py")):
        used |= set(re.findall(r'"((?:[a-z]+)\.(?:[a-z_]+))"', path.read_text(encoding="utf-8")))
    families = {key.partition(".")[0] for key in ZH.keys}
    files = (".html", ".css", ".js")
    sentences = {
        key for key in used if key.partition(".")[0] in families and not key.endswith(files)
    }
    assert sentences | _of_scripts() | _BY_FACT == ZH.keys


def _of_scripts() -> set[str]:
    """What the pages' scripts say: handed over whole, so named there without a table."""
    drawing, marking = _scripts("setup*.js"), _scripts("marking.js")
    axes = re.findall(r'"(point|across|down)"', drawing)
    sketch = {f"sketch.{word}" for word in (*_said(drawing), *axes)}
    return sketch | {f"clicker.{word}" for word in _said(marking)}


def _scripts(pattern: str) -> str:
    found = (TABLET / "static").glob(pattern)
    return "\n".join(path.read_text(encoding="utf-8") for path in found)


def _said(script: str) -> list[str]:
    return re.findall(r"\b(?:said|words)(?:\.|\[\")(\w+)", script)


def a_view(**changes: object) -> CardView:
    facts: dict[str, object] = {
        "ref": MemberRef(WANG),
        "version": 3,
        "family_name": "王",
        "given_name": "小明",
        "phones": (PHONE,),
        "cards": ("8800001234",),
        "member_codes": (),
        "since": datetime(2024, 3, 5, tzinfo=UTC),
        "last_visit_at": NOON,
        "visits": 3,
        "spend": (Spend("CNY", 100), Spend("HKD", -50)),
        "purchases": (SeenPurchase(a_purchase(), NOON, confirmed=False),),
    }
    return CardView(**{**facts, **changes})  # type: ignore[arg-type]  # one builder for all fields


def test_a_card_is_masked_unless_it_is_to_be_shown() -> None:
    screens = Screens(SHOP)
    masked = screens.card(a_view(), ZH, NOON, shown=False)
    shown = screens.card(a_view(), ZH, NOON, shown=True)
    assert (masked.name.text, masked.phones[0].text) == ("王*", "139****5678")
    assert (shown.name.text, shown.phones[0].text) == ("王小明", "13916825678")
    assert (shown.name.masked, shown.cards[0].masked) == ("王*", "****1234")
    assert "王" not in repr(shown)
    assert (masked.spend, masked.since and masked.since.text) == (
        ("¥1.00", "−HK$0.50"),
        "2024年3月5日",
    )


def test_a_card_without_a_name_or_a_past_is_still_a_card() -> None:
    empty = a_view(family_name="", given_name="", since=None, last_visit_at=None, purchases=())
    screen = Screens(SHOP).card(empty, EN, NOON, shown=True)
    assert (screen.name.text, screen.since, screen.last_visit) == ("Member", None, None)


LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    for block in (TABLET / "static" / "guide.css").read_text(encoding="utf-8").split("@media")[:2]
)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *(("ink", "paper"), ("ink", "surface"), ("ink", "fresh"), ("quiet", "surface")),
        *(("quiet", "paper"), ("quiet", "fresh"), ("accent", "surface"), ("accent", "paper")),
        *(("on-accent", "accent"), ("on-fresh", "fresh"), ("on-good", "good"), ("on-bad", "bad")),
    ],
)
def test_every_text_can_be_read(colours: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("edge", ["edge", "amber"])
def test_every_edge_can_be_seen(colours: dict[str, str], edge: str) -> None:
    assert contrast(colours[edge], colours["surface"]) >= 3.0


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

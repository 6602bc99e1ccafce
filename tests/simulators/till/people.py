"""Invented members of the shop, and the shoppers that a till sees.

Phone numbers are drawn at random from ranges that mainland operators use; card numbers have ten
digits, so that neither a phone (11) nor a bank card (13 to 19) can be mistaken for one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.simulators.till.chance import weighted

CARD_PROGRAMME: Final = "HUIYUAN"
# Typed by cashiers to reach the member price; they belong to thousands of people, so to nobody.
BLOCKED_PHONES: Final = frozenset({"13800138000", "13800000000"})
CASHIERS_PHONE: Final = "13800138000"

# Written as one string each: a column of two hundred short literals would hide the code below.
_MOBILE_PREFIXES: Final = (
    "134 135 136 137 138 139 147 150 151 152 157 158 159 178 182 183 184 187 188 198 "
    "130 131 132 155 156 166 175 176 185 186 133 153 173 177 180 181 189 199"
)
_FAMILY_NAMES: Final = (*"王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯", "欧阳", "司马")
_GIVEN_NAMES: Final = (
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 涛 明 超 秀英 桂兰 建国 志强 雪梅 晓东 子涵 雨桐 "
    "浩然 欣怡 梓轩 诗琪 宇航 思远 佳怡 俊杰 春燕 海燕 文静 一诺 若曦 嘉豪 丹丹 小平"
)
_FEWEST_DISTINCT_DIGITS: Final = 4
# Share of members known by phone only, card only, both; and of those whose name the till prints.
_KNOWN_BY: Final = (("phone", 45), ("card", 20), ("both", 35))
_NAMED_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who a receipt is for, as the till knows it; empty for most people.

    `phone` is eleven digits without country code.
    """

    phone: str | None = None
    card: str | None = None
    family_name: str | None = None
    given_name: str | None = None

    @property
    def known(self) -> bool:
        """Whether the till has anything to print about them."""
        return self.phone is not None or self.card is not None

    @property
    def member_key(self) -> str | None:
        """Name of the person in the day's truth: by phone if it is usable, else by card."""
        if self.phone is not None and self.phone not in BLOCKED_PHONES:
            return f"phone:+86{self.phone}"
        return None if self.card is None else f"card:{self.card}"


ANONYMOUS: Final = Shopper()
PRICE_HUNTER: Final = Shopper(phone=CASHIERS_PHONE)


def invent_members(rng: Random, count: int) -> tuple[Shopper, ...]:
    """Draw members who share no identifier with one another."""
    phones, cards = _distinct_phones(rng), _distinct_cards(rng)
    return tuple(_invent_member(rng, next(phones), next(cards)) for _ in range(count))


def _invent_member(rng: Random, phone: str, card: str) -> Shopper:
    kind = weighted(rng, _KNOWN_BY)
    named = rng.random() < _NAMED_SHARE
    return Shopper(
        phone=None if kind == "card" else phone,
        card=None if kind == "phone" else card,
        family_name=rng.choice(_FAMILY_NAMES) if named else None,
        given_name=rng.choice(_GIVEN_NAMES.split()) if named else None,
    )


def _distinct_phones(rng: Random) -> Iterator[str]:
    prefixes = _MOBILE_PREFIXES.split()
    seen = set(BLOCKED_PHONES)
    while True:
        phone = f"{rng.choice(prefixes)}{rng.randrange(10**8):08d}"
        # Numbers such as 13888888888 are what a shop's own blocked patterns look for.
        if phone not in seen and len(set(phone[3:])) >= _FEWEST_DISTINCT_DIGITS:
            seen.add(phone)
            yield phone


def _distinct_cards(rng: Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        card = f"88{rng.randrange(10**8):08d}"
        if card not in seen:
            seen.add(card)
            yield card

"""Which characters a printer's bytes are: code pages by number, and national sets. Data only.

A till chooses among a printer's tables by number (``ESC t n``), and what a number means is the
maker's own. Nothing is ever guessed from the bytes: in GBK, "Québec" in code page 850 is a fine
piece of Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

KATAKANA: Final = "katakana"
UNKNOWN: Final = "ascii"
"""For numbers that a table does not have: Latin letters and digits are read, all else is U+FFFD."""

DOUBLE_BYTE: Final = frozenset(
    {"gb18030", "gbk", "gb2312", "big5", "shift_jis", "cp932", "euc_kr", "cp949"}
)
"""Codecs of two bytes a character; ``euc_kr`` is KS C 5601."""

Pages = Mapping[int, str]

_EARLY: Final[Pages] = MappingProxyType(
    {0: "cp437", 1: KATAKANA, 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865"}
)
_EPSON: Final[Pages] = MappingProxyType(
    dict(_EARLY)
    | {13: "cp857", 14: "cp737", 15: "iso8859_7", 16: "cp1252", 17: "cp866", 18: "cp852"}
    | {19: "cp858", 32: "cp720", 33: "cp775", 34: "cp855", 35: "cp861", 36: "cp862"}
    | {37: "cp864", 38: "cp869", 39: "iso8859_2", 40: "iso8859_15", 44: "cp1125"}
    | {45: "cp1250", 46: "cp1251", 47: "cp1253", 48: "cp1254", 49: "cp1255", 50: "cp1256"}
    | {51: "cp1257", 52: "cp1258", 53: "kz1048"}
)
_CHINESE: Final[Pages] = MappingProxyType(
    dict(_EARLY)
    | {16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 28: "cp864", 32: "cp1255"}
    | {50: "cp437", 52: "cp437", 53: "cp858", 54: "cp852", 55: "cp860", 56: "cp861"}
    | {57: "cp863", 58: "cp865", 59: "cp866", 60: "cp855", 61: "cp857", 62: "cp862"}
    | {63: "cp864", 64: "cp737", 66: "cp869", 71: "cp1252", 72: "cp1250", 73: "cp1251"}
)
_CITIZEN: Final[Pages] = MappingProxyType(
    dict(_EARLY)
    | {6: "cp852", 7: "cp866", 8: "cp857", 9: "cp1252", 16: "cp1252", 17: "cp866"}
    | {18: "cp852", 19: "cp858", 40: "cp864"}
)
_STAR: Final[Pages] = MappingProxyType(
    {0: "cp437", 1: "cp437", 2: KATAKANA, 3: "cp437", 4: "cp858", 5: "cp852", 6: "cp860"}
    | {7: "cp861", 8: "cp863", 9: "cp865", 10: "cp866", 11: "cp855", 12: "cp857"}
    | {13: "cp862", 14: "cp864", 15: "cp737", 17: "cp869", 21: "cp874", 32: "cp1252"}
    | {33: "cp1250", 34: "cp1251"}
)
_BEMATECH: Final[Pages] = MappingProxyType(
    {2: "cp850", 3: "cp437", 4: "cp860", 5: "cp858", 6: "cp866", 7: "cp864", 8: "utf_8"}
)

PAGES: Final[Mapping[str, Pages]] = MappingProxyType(
    {
        "epson": _EPSON,
        "chinese": _CHINESE,
        "citizen": _CITIZEN,
        "star": _STAR,
        "bematech": _BEMATECH,
    }
)
"""``ESC t n`` by maker."""

_PLACES: Final = "#$@[\\]^`{|}~"
_NATIONS: Final = (
    _PLACES,  # 0 United States
    "#$à°ç§^`éùè¨",  # France
    "#$§ÄÖÜ^`äöüß",  # Germany
    "£$@[\\]^`{|}~",  # United Kingdom
    "#$@ÆØÅ^`æøå~",  # Denmark I
    "#¤ÉÄÖÅÜéäöåü",  # 5 Sweden
    "#$@°\\é^ùàòèì",  # Italy
    "₧$@¡Ñ¿^`¨ñ}~",  # Spain I
    "#$@[¥]^`{|}~",  # Japan
    "#¤ÉÆØÅÜéæøåü",  # Norway
    "#$ÉÆØÅÜéæøåü",  # 10 Denmark II
    "#$á¡Ñ¿é`íñóú",  # Spain II
    "#$á¡Ñ¿éüíñóú",  # Latin America
    "#$@[₩]^`{|}~",  # Korea
    "#$ŽŠĐĆČžšđćč",  # Slovenia and Croatia
    "#¥@[\\]^`{|}~",  # 15 China
)


def nation_table(number: int) -> Mapping[int, str] | None:
    """What ``ESC R n`` puts in the place of twelve ASCII characters; None where it changes none."""
    if not 0 < number < len(_NATIONS):
        return None
    pairs = zip(_PLACES, _NATIONS[number], strict=True)
    return {ord(place): there for place, there in pairs if place != there}


def katakana_table() -> str:
    """JIS X 0201 as a decoding table of 256 characters, undefined ones U+FFFD."""
    before, behind = range(0x80, 0xA1), range(0xE0, 0x100)
    kana = "".join(map(chr, range(0xFF61, 0xFFA0)))
    return "".join(map(chr, range(0x80))) + "\ufffd" * len(before) + kana + "\ufffd" * len(behind)

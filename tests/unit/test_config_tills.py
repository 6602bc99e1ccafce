"""Journals, taps and folders of prints: what is read, and what is refused with which words."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from agent.config import (
    AgentConfig,
    JournalSettings,
    OdooSettings,
    PrinterTapSettings,
    PrintsSettings,
    TillDatabaseSettings,
    WebSettings,
    read_config,
)
from agent.errors import BadConfiguration

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
HEAD = '[device]\ntenant = "demo"\nstore = "sh-0001"\ndevice = "sh-0001-pos1"\n'
JOURNAL = '[[journal]]\nname = "ej"\nfile = "/srv/ej/EJ*.txt"\nprofile = "journal-csv"\n'
TAP = '[[tap]]\nname = "front"\nprinter_host = "192.168.1.60"\nprofile = "corner"\n'
PRINTS = '[[prints]]\nname = "back"\nfolder = "/srv/queue"\nprofile = "corner"\n'


def read(folder: Path, *parts: str) -> AgentConfig:
    path = folder / "agent.toml"
    path.write_text(HEAD + "".join(parts))
    return read_config(path)


def test_each_is_read_with_its_defaults_and_told_in_the_birth(tmp_path: Path) -> None:
    config = read(tmp_path, JOURNAL, TAP, PRINTS)
    assert [each.poll_s for each in config.journal] == [0.5]
    assert [(each.port, each.printer_port, each.printer) for each in config.tap] == [
        (9100, 9100, "epson")
    ]
    assert [each.settle_s for each in config.prints] == [2.0]
    assert config.capabilities == ("journal", "tap", "prints", "tablet")
    assert config.has_sources
    assert not read(tmp_path).has_sources


def test_a_box_may_have_several_of_each(tmp_path: Path) -> None:
    second = JOURNAL.replace('"ej"', '"ej2"').replace("EJ*", "EK*")
    bar = TAP.replace("front", "bar") + "port = 9101\n"
    config = read(tmp_path, JOURNAL, second, TAP, bar)
    assert [each.name for each in config.journal] == ["ej", "ej2"]
    assert [each.name for each in config.tap] == ["front", "bar"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((JOURNAL, "pol_s = 1\n"), "did you mean 'poll_s'"),
        ((JOURNAL, "poll_s = 0\n"), "journal ej: poll_s must be above 0"),
        ((JOURNAL.replace('"ej"', '"E J"'),), "journal name 'E J'"),
        ((JOURNAL, JOURNAL.replace('"ej"', '"ej2"')), "the file '/srv/ej/EJ*.txt' is given twice"),
        ((JOURNAL.replace('"ej"', '"front"'), TAP), "the name 'front' is given twice"),
        ((JOURNAL.replace('"ej"', '"taps"'),), "'taps' is kept for the receipts of all taps"),
        ((TAP.replace("192.168.1.60", "printer.lan"),), "no address such as 192.168.1.60"),
        ((TAP, "port = 70000\n"), "port must be 0 to 65535"),
        ((TAP, 'host = "192.168.1.60"\n'), "are the tap itself"),
        ((TAP, TAP.replace("front", "bar")), "the address '0.0.0.0 port 9100' is given twice"),
        ((TAP, "pause_s = 0\n"), "tap front: pause_s must be above 0"),
        ((PRINTS, '[till]\nfolder = "/srv/queue"\n'), "the folder '/srv/queue' is given twice"),
        ((PRINTS.replace('profile = "corner"\n', ""),), "key 'prints[0].profile' is missing"),
    ],
)
def test_what_cannot_work_is_refused_at_start(
    tmp_path: Path, parts: tuple[str, ...], words: str
) -> None:
    with pytest.raises(BadConfiguration) as refused:
        read(tmp_path, *parts)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("page", "number", "kind"),
    [
        ("read-a-journal.md", 0, JournalSettings),
        ("tap-a-receipt-printer.md", 0, PrinterTapSettings),
        ("tap-a-receipt-printer.md", 1, PrintsSettings),
    ],
)
def test_the_guides_name_exactly_the_settings_that_exist(
    page: str, number: int, kind: type[JournalSettings | PrinterTapSettings | PrintsSettings]
) -> None:
    told = (HOW_TO / page).read_text("utf-8").split("| key | default | what it does |\n")[1:]
    rows = [line.split("|") for line in told[number].partition("\n\n")[0].splitlines()[1:]]
    keys = [key for row in rows for key in re.findall(r"`(\w+)`", row[1])]
    defaults = [text for row in rows for text in row[2].strip().split(", ")]
    assert sorted(keys) == sorted(each.name for each in fields(kind))
    exist = {each.name: each.default for each in fields(kind)}
    for key, text in zip(keys, defaults, strict=True):
        if text.startswith("`"):
            assert text.strip("`") == _written(exist[key]), key


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("poll-a-tills-database.md", TillDatabaseSettings),
        ("post-transactions.md", WebSettings),
        ("connect-shopify-square-odoo.md", OdooSettings),
    ],
)
def test_the_guides_of_databases_and_doors_name_every_setting(
    page: str, kind: type[TillDatabaseSettings | WebSettings | OdooSettings]
) -> None:
    text = (HOW_TO / page).read_text("utf-8")
    table = re.split(r"\| (?:key|setting) \| default \| what \|\n", text)[1].partition("\n\n")[0]
    told = [key for row in table.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(told) == sorted(each.name for each in fields(kind))


def _written(default: object) -> str:
    """As TOML has it, without quotes."""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else f"{default}"

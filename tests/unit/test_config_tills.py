"""Journals, taps and folders of prints: what is read, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import AgentConfig, read_config
from agent.errors import BadConfiguration

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

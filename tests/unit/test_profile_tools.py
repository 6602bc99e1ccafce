"""Drafting a profile from samples, and checking one against them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.capture import profiles
from agent.capture.pos.escpos.profile import PrinterProfile
from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.receipts import ReceiptProfile
from agent.capture.profiles import ProfileRequest
from agent.errors import BadConfiguration, UnreadableInput
from tests.simulators.capturing import PROFILES, context
from tests.simulators.journal_writer import Article, Basket, german_csv
from tests.simulators.real_data import real_file
from tests.simulators.receipt_printer import chinese_receipt, western_receipt

AT = datetime(2026, 11, 20, 9, 58, 7)  # noqa: DTZ001 - the till's own wall clock
MOMENT = context().moment


def _baskets() -> list[Basket]:
    milk = Article("milk", 2000, 129, 258)
    box = Article("box 6 pack", 1000, 123_450, 123_450)
    return [
        Basket(100 + each, AT + timedelta(minutes=each), (milk, box)[: 1 + each % 2], cash=200_000)
        for each in range(6)
    ]


def _write(folder: Path, texts: list[list[str]]) -> list[Path]:
    paths = []
    for number, lines in enumerate(texts):
        path = folder / f"{number}.txt"
        path.write_text("\n".join(lines), encoding="utf-8")
        paths.append(path)
    return paths


def _drafted(folder: Path, files: list[Path], **changes: object) -> tuple[int, str, str]:
    request = replace(ProfileRequest(files, "drafted", folder), **changes)  # type: ignore[arg-type]
    out, err = io.StringIO(), io.StringIO()
    code = profiles.draft(request, MOMENT, out, err)
    (folder / "drafted.toml").write_text(out.getvalue(), encoding="utf-8")
    return code, out.getvalue(), err.getvalue()


def _checked(folder: Path, files: list[Path], **changes: object) -> tuple[int, str]:
    request = replace(ProfileRequest(files, "drafted", folder), **changes)  # type: ignore[arg-type]
    out = io.StringIO()
    return profiles.check(request, MOMENT, out), out.getvalue()


@pytest.mark.parametrize("printer", [western_receipt, chinese_receipt])
def test_a_draft_reads_the_samples_that_it_was_made_of(tmp_path: Path, printer: object) -> None:
    assert callable(printer)
    files = _write(tmp_path, [printer(basket) for basket in _baskets()])
    code, text, doubts = _drafted(tmp_path, files)
    assert code == profiles.EXIT_RIGHT, text
    assert "6 of 6 samples add up" in doubts
    code, table = _checked(tmp_path, files)
    assert code == profiles.EXIT_RIGHT, table
    assert "6 samples: 6 sales, 6 right" in table
    profile = load_named(tmp_path, "drafted", ReceiptProfile, Adapter.RECEIPTS)
    assert "receipt_number" in profile.key.parts
    assert "total" in profile.key.parts


def test_a_draft_of_the_western_sample_comes_to_its_total(tmp_path: Path) -> None:
    files = [real_file("escpos", "examplemart_logo_en.bin")]
    _, text, doubts = _drafted(tmp_path, files, currency="USD")
    assert "no receipt number was found" in doubts
    code, table = _checked(tmp_path, files)
    assert "14.25 USD" in table, text
    assert code == profiles.EXIT_RIGHT, table


def test_a_draft_of_the_chinese_sample_comes_to_its_total(tmp_path: Path) -> None:
    files = [real_file("escpos", "restaurant_gbk_zh.bin")]
    printer = PrinterProfile(double_byte="gb18030", double_byte_on=True)
    _, text, doubts = _drafted(tmp_path, files, printer=printer)
    assert "the time may be that of printing" in doubts
    code, table = _checked(tmp_path, files, printer=printer)
    assert "68.00 CNY" in table, text
    assert code == profiles.EXIT_RIGHT, table


def test_a_doubt_about_day_and_month_is_said(tmp_path: Path) -> None:
    baskets = [replace(each, at=each.at.replace(day=5)) for each in _baskets()]
    _, _, doubts = _drafted(tmp_path, _write(tmp_path, [western_receipt(each) for each in baskets]))
    assert "whether a day is written %d/%m/%Y or %m/%d/%Y" in doubts


def test_checking_names_what_is_wrong_and_no_customer(tmp_path: Path) -> None:
    texts = [western_receipt(replace(each, member="13912345670")) for each in _baskets()]
    _drafted(tmp_path, _write(tmp_path, texts))
    texts[1] = [line for line in texts[1] if "Receipt" not in line]
    texts[2] = [line.replace("2,58", "2,59") for line in texts[2]]
    texts[3] = ["X REPORT", "Receipts 12"]
    code, table = _checked(tmp_path, _write(tmp_path, texts))
    assert code == profiles.EXIT_UNREADABLE
    rows = table.splitlines()
    assert "refused" in rows[2]
    assert "receipt_number is missing" in rows[2]
    assert "lines_disagree" in rows[3]
    assert "no sale" in rows[4]
    assert "13912345670" not in table


def test_two_sales_with_one_key_are_noticed(tmp_path: Path) -> None:
    texts = [western_receipt(each) for each in _baskets()]
    _drafted(tmp_path, _write(tmp_path, texts))
    path = tmp_path / "drafted.toml"
    text = path.read_text(encoding="utf-8")
    keys = next(line for line in text.splitlines() if line.startswith("parts"))
    path.write_text(text.replace(keys, 'parts = ["workstation_id"]'), encoding="utf-8")
    code, table = _checked(tmp_path, _write(tmp_path, texts))
    assert code == profiles.EXIT_DOUBTFUL
    assert "1 keys belong to different sales" in table


def test_a_journal_is_checked_by_its_profile(tmp_path: Path) -> None:
    journal = tmp_path / "journal.csv"
    journal.write_bytes(
        german_csv([replace(each, cash=each.total) for each in _baskets()]) + b"x;y\r\n"
    )
    request = ProfileRequest([journal], "journal-csv", PROFILES)
    out = io.StringIO()
    assert profiles.check(request, MOMENT, out) == profiles.EXIT_UNREADABLE
    assert "7 samples: 6 sales, 6 right" in out.getvalue()
    assert "journal.csv:11" in out.getvalue()


def test_a_profile_of_another_adapter_is_named(tmp_path: Path) -> None:
    files = _write(tmp_path, [["x"]])
    with pytest.raises(BadConfiguration, match="use lianke-agent parse"):
        profiles.check(ProfileRequest(files, "arts-poslog", PROFILES), MOMENT, io.StringIO())
    with pytest.raises(BadConfiguration, match="is not in"):
        profiles.check(ProfileRequest(files, "nothing", PROFILES), MOMENT, io.StringIO())


def test_a_profile_is_named_or_given_as_a_file(tmp_path: Path) -> None:
    assert profiles.placed("journal-csv", PROFILES) == (PROFILES, "journal-csv")
    assert profiles.placed(str(tmp_path / "x.toml"), PROFILES) == (tmp_path, "x")


def test_samples_in_another_encoding_say_so(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("合计".encode("gb18030"))
    with pytest.raises(UnreadableInput, match="name its encoding"):
        profiles.draft(ProfileRequest([path], "x", tmp_path), MOMENT, io.StringIO(), io.StringIO())

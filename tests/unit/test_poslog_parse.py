"""``lianke-agent parse`` as a function: what it prints, what it returns, what it never prints."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.capture.parse import ParseRequest, parse_file, profile_for, run
from agent.capture.pos import CapturedSale
from agent.errors import BadConfiguration, UnreadableInput
from models.wire.envelope import Moment
from models.wire.errors import BadIdentifier
from tests.simulators.capturing import PROFILES, context, real_poslog
from tests.simulators.poslog_writer import control, customer, poslog, retail, transaction

AT = Moment(datetime(2025, 11, 7, tzinfo=UTC), 1, "boot")
PHONE = "13912345678"
GOOD = poslog(
    transaction(retail(below=customer(PHONE, "欧阳", "雪梅"))),
    transaction(control(), number="2"),
)


def call(*files: Path, **options: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    request = ParseRequest(files, PROFILES, **options)  # type: ignore[arg-type]  # each test names its own fields
    return run(request, lambda: AT, out, err), out.getvalue(), err.getvalue()


@pytest.fixture
def till_file(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def test_json_is_one_whole_event_per_transaction(
    till_file: Callable[[str, bytes], Path],
) -> None:
    code, out, err = call(till_file("a.xml", GOOD), as_json=True, tenant="retailer", store="sh-1")
    events = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [event["data"]["kind"] for event in events] == ["retail", "control"]
    assert events[0]["source"].endswith("/sh-1/parse")
    assert events[0]["specversion"] == "1.0"
    assert events[0]["data"]["loyalty"] == [{"scheme": "phone", "value": f"+86{PHONE}"}]


def test_the_table_names_nobody(till_file: Callable[[str, bytes], Path]) -> None:
    code, out, _ = call(till_file("a.xml", GOOD))
    assert code == 0
    assert "10.00 CNY  yes" in out
    assert "2 transactions: 1 control, 1 retail" in out
    assert PHONE not in out
    assert "欧阳" not in out


def test_an_unreadable_file_is_reported_and_the_others_are_read(
    till_file: Callable[[str, bytes], Path],
) -> None:
    code, out, err = call(till_file("bad.xml", GOOD[:-5]), till_file("a.xml", GOOD))
    assert code == 2
    assert "2 transactions" in out
    assert "bad.xml: unreadable" in err
    assert "reason: bad.xml: not well-formed XML" in err
    assert "what to do:" in err
    assert PHONE not in err


def test_of_a_file_cut_off_what_was_whole_is_printed(
    till_file: Callable[[str, bytes], Path],
) -> None:
    code, out, err = call(till_file("bad.xml", GOOD[:-5]), as_json=True)
    assert (code, len(out.splitlines())) == (2, GOOD.count(b"</Transaction>"))
    assert "bad.xml: unreadable" in err


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xml.gz", gzip.compress(GOOD)[:-9], "not a whole gzip file"),
        ("b.xml.gz", b"plain", "not a whole gzip file"),
        ("c.xml", b"plain", "syntax error"),
    ],
)
def test_files_that_cannot_be_opened_say_why(
    till_file: Callable[[str, bytes], Path], name: str, content: bytes, reason: str
) -> None:
    code, _, err = call(till_file(name, content))
    assert code == 2
    assert reason in err


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    code, _, err = call(tmp_path / "none.xml")
    assert code == 2
    assert "No such file" in err


def test_a_packed_file_holds_the_same_events(till_file: Callable[[str, bytes], Path]) -> None:
    plain, packed = till_file("a.xml", GOOD), till_file("a.xml.gz", gzip.compress(GOOD))
    assert call(plain, as_json=True) == call(packed, as_json=True)


def test_the_profile_is_found_by_the_files_namespaces(tmp_path: Path) -> None:
    path = tmp_path / "ncr.xml"
    path.write_bytes(real_poslog("ncr_acs_small.xml"))
    assert profile_for(path, PROFILES, None).name == "ncr-acs-2.1"
    assert profile_for(path, PROFILES, "arts-poslog").name == "arts-poslog"
    (_, sale) = parse_file(path, profile_for(path, PROFILES, None), context())
    assert isinstance(sale, CapturedSale)
    assert sale.sale.total_minor == 107


def test_wrong_arguments_are_the_callers(till_file: Callable[[str, bytes], Path]) -> None:
    path = till_file("a.xml", GOOD)
    with pytest.raises(BadConfiguration, match="did you mean"):
        call(path, profile="lianke-tills")
    with pytest.raises(BadIdentifier):
        call(path, store="Shop 1")
    with pytest.raises(UnreadableInput):
        profile_for(till_file("c.xml", b"plain"), PROFILES, None)


class _Nowhere(io.StringIO):
    """Counts lines and keeps none."""

    lines = 0

    def write(self, text: str) -> int:
        self.lines += text.count("\n")
        return len(text)


def test_a_large_file_is_printed_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "year.xml.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"<POSLog>")
        for number in range(600):
            paper = f"<Paper>{'x' * 40_000}</Paper>"
            file.write(transaction(number=str(number), header=paper).encode())
        file.write(b"</POSLog>")
    out = _Nowhere()
    tracemalloc.start()
    code = run(ParseRequest([path], PROFILES), lambda: AT, out, io.StringIO())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (code, out.lines) == (0, 602)
    assert peak < 6 * 1024 * 1024, "of twenty-four megabytes"

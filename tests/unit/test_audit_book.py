"""A file of marks grows entry by entry, survives a crash, and holds what was really watched."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.capture.footfall.audit.book import MarkBook
from agent.capture.footfall.audit.marks import Begun, Mark, Told, read_audit
from agent.capture.footfall.counting.line import Direction
from agent.errors import DiskUnusable, InvalidInput, UnreadableInput

BEGUN = Begun(source="a.mp4", lines={"door": "5,0,5,9"})


def a_book(folder: Path, begun: Begun = BEGUN) -> MarkBook:
    return MarkBook(folder / "marks.jsonl", begun)


def said(at_s: float, direction: str = "in", **more: object) -> bytes:
    extra = "".join(f',"{key}":{str(value).lower()}' for key, value in more.items())
    return f'{{"t":{at_s},"line":"door","direction":"{direction}"{extra}}}'.encode()


def see(book: MarkBook, begin_s: float, end_s: float) -> None:
    for tenth in range(round(10 * begin_s), round(10 * end_s) + 1):
        book.saw(tenth / 10)


def test_marks_are_in_the_file_as_they_are_made(tmp_path: Path) -> None:
    book = a_book(tmp_path)
    see(book, 0.0, 2.0)
    book.jot(said(1.5, staff=True, sure=False, group=3))
    audit = read_audit(tmp_path / "marks.jsonl")  # nothing was closed
    assert audit.marks == (
        Mark(t=1.5, line="door", direction=Direction.IN, staff=True, sure=False, group=3),
    )
    assert audit.watched.spans == ((0.0, 2.0),)
    assert (tmp_path / "marks.jsonl").stat().st_mode & 0o777 == 0o600


def test_what_was_jumped_over_was_not_watched(tmp_path: Path) -> None:
    book = a_book(tmp_path)
    see(book, 0.0, 2.0)
    see(book, 30.0, 31.0)
    see(book, 1.0, 3.0)
    book.close()
    audit = read_audit(tmp_path / "marks.jsonl")
    assert audit.watched.spans == ((0.0, 3.0), (30.0, 31.0))
    assert audit.watched.seconds == pytest.approx(4.0)


def test_the_last_mark_that_stands_is_taken_back(tmp_path: Path) -> None:
    book = a_book(tmp_path)
    see(book, 0.0, 3.0)
    for at_s in (1.0, 2.0, 3.0):
        book.jot(said(at_s))
    book.undo()
    book.undo()
    book.jot(said(2.5, "out"))
    book.close()
    assert [mark.t for mark in read_audit(tmp_path / "marks.jsonl").marks] == [1.0, 2.5]
    assert book.stands().counts == {"door": (1, 1)}


def test_an_interrupted_audit_goes_on_and_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    book = a_book(tmp_path)
    see(book, 0.0, 2.0)
    book.jot(said(1.0, group=4))
    with (tmp_path / "marks.jsonl").open("ab") as file:
        file.write(b'{"type":"mark","t":1')
    again = a_book(tmp_path)
    stands = again.stands()
    assert (stands.marks, stands.group, stands.through_s) == (1, 4, 2.0)
    see(again, 2.0, 4.0)
    again.undo()
    again.jot(said(3.5))
    again.close()
    audit = read_audit(tmp_path / "marks.jsonl")
    assert [mark.t for mark in audit.marks] == [3.5]
    assert audit.watched.spans == ((0.0, 4.0),)


def test_a_file_that_holds_no_audit_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "marks.jsonl").write_bytes(b"a diary\nof mine")
    with pytest.raises(UnreadableInput):
        a_book(tmp_path)
    assert (tmp_path / "marks.jsonl").read_bytes() == b"a diary\nof mine"


@pytest.mark.parametrize(
    "begun",
    [
        Begun(source="b.mp4", lines=BEGUN.lines),
        Begun(source="a.mp4", lines={"door": "6,0,6,9"}),
    ],
)
def test_an_audit_of_something_else_is_left_alone(tmp_path: Path, begun: Begun) -> None:
    a_book(tmp_path).close()
    with pytest.raises(InvalidInput, match="name another file"):
        a_book(tmp_path, begun)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        b'{"t":1.0}',
        b'{"t":9.0,"line":"door","direction":"in"}',
        b'{"t":1.0,"line":"gate","direction":"in"}',
        b'{"t":1.0,"line":"door","direction":"up"}',
        b'{"t":1.0,"line":"door","direction":"in","group":-1}',
    ],
)
def test_what_is_no_mark_of_what_was_shown_is_refused(tmp_path: Path, wrong: bytes) -> None:
    book = a_book(tmp_path)
    see(book, 0.0, 2.0)
    with pytest.raises(InvalidInput):
        book.jot(wrong)
    book.jot(said(1.0))
    assert book.stands().marks == 1


def test_what_the_counter_told_is_in_the_file_and_not_on_the_page(tmp_path: Path) -> None:
    book = a_book(tmp_path)
    see(book, 0.0, 2.0)
    book.tell(Told(t=1.0, line="door", direction=Direction.IN, leads=True))
    assert b"1.0" not in book.standing()
    book.close()
    assert read_audit(tmp_path / "marks.jsonl").told[0].leads


def test_a_mark_that_the_disk_does_not_take_does_not_stand(tmp_path: Path) -> None:
    book = a_book(tmp_path)
    see(book, 0.0, 2.0)
    book.close()
    with pytest.raises(DiskUnusable):
        book.jot(said(1.0))
    assert book.stands().marks == 0

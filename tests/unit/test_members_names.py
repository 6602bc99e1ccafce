"""Names: when two cannot be one person's."""

from __future__ import annotations

import pytest

from cloud.members.names import UNKNOWN, Name, contradicts, name_of, same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Name("王", "伟"), Name("李", "伟")),
        (Name("王", "伟"), Name("王", "芳")),
        (Name("王", "伟"), Name("王", "伟明")),
        (Name("王", ""), Name("李", "")),
        (Name("", "伟"), Name("王", "芳")),
        (Name("王*"), Name("李", "芳")),
        (Name("Wang", "Wei"), Name("Li", "Wei")),
    ],
)
def test_names_that_differ_where_both_are_known_contradict(one: Name, other: Name) -> None:
    assert contradicts(one, other)
    assert contradicts(other, one)
    assert not same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (UNKNOWN, Name("王", "伟")),
        (Name("王", "伟"), Name("王", "伟")),
        (Name("王"), Name("王", "伟")),
        (Name("", "伟"), Name("王", "伟")),
        (Name("", "王伟"), Name("王", "伟")),
        (Name("王", "*"), Name("王", "伟")),
        (Name("王**"), Name("王", "伟")),
        (Name("王", "＊"), Name("王", "伟")),
        (Name("＊", "伟"), Name("王", "伟")),
        (Name(" WANG ", "Wei"), Name("wang", "wei")),
        (Name("Ｗang", "Wei"), Name("Wang", "Wei")),
    ],
)
def test_names_that_may_be_one_persons_do_not(one: Name, other: Name) -> None:
    assert not contradicts(one, other)
    assert not contradicts(other, one)


def test_only_full_names_are_the_same() -> None:
    assert same(Name("王", "伟"), Name("王 ", "伟"))
    assert not same(Name("王"), Name("王"))
    assert not same(UNKNOWN, UNKNOWN)


def test_a_name_with_a_mask_or_one_part_is_not_complete() -> None:
    assert Name("王", "伟").complete
    assert not any(name.complete for name in (Name("王"), Name("王", "＊"), Name("", "王伟")))


def test_a_name_is_trimmed_bounded_and_never_printed() -> None:
    name = name_of(" 王\x00 ", "伟" * 100)
    assert name.family == "王"
    assert len(name.given) == 64
    assert "王" not in repr(name)
    assert not name_of(" ", "")

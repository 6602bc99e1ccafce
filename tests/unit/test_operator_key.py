"""One cashier has one name in all of a shop's boxes, by a key of their tenant."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.capture.pos.operators import operator_pseudonym, read_operator_key
from agent.errors import BadConfiguration

KEY = bytes(range(32))


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "operators.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_key_is_read_as_the_cloud_printed_it(tmp_path: Path) -> None:
    assert read_operator_key(key_file(tmp_path, KEY.hex() + "\n")) == KEY


@pytest.mark.parametrize("text", ["", "cashiers", KEY.hex()[:-2], KEY.hex() + "00"])
def test_what_is_no_key_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        read_operator_key(key_file(tmp_path, text))
    assert not text or text not in str(refused.value)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="chmod 600"):
        read_operator_key(key_file(tmp_path, KEY.hex(), 0o644))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"operators\.key: No such file"):
        read_operator_key(tmp_path / "operators.key")


def test_a_cashier_has_one_name_in_a_shop_and_another_in_the_next() -> None:
    here = operator_pseudonym("7", KEY, "sh-0001")
    assert here == operator_pseudonym("7", KEY, "sh-0001")
    assert here != operator_pseudonym("7", KEY, "sh-0002")
    assert here != operator_pseudonym("7", bytes(32), "sh-0001")

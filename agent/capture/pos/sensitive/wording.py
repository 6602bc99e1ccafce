"""The words that our own readers use: in their messages, and as codes that they look for.

They are nobody's, so they may leave the shop. ``words.json`` is made from the source of the
adapters and lies beside this file:

    python -m agent.capture.pos.sensitive.wording [--check]
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.capture.pos.sensitive.shapes import words_of

_FILE: Final = Path(__file__).with_name("words.json")
_ADAPTERS: Final = Path(__file__).parents[1]
_SHORTEST: Final = 2
_ALSO_NAMES: Final = frozenset({"bill", "grant", "mark", "max", "may"})
"""Ours, and people's first names as well."""


def own_words() -> frozenset[str]:
    """All of them, in small letters."""
    return frozenset(json.loads(_FILE.read_bytes()))


def words_in_source() -> set[str]:
    """The words of every text in the adapters' code but its documentation."""
    texts = (text for path in _ADAPTERS.rglob("*.py") for text in _texts(path))
    words = {each.casefold() for each in words_of(texts) if len(each) >= _SHORTEST}
    return {each for each in words - _ALSO_NAMES if each.replace("_", "").isalpha()}


def main(arguments: list[str]) -> int:
    """Write the words, or with ``--check`` say whether they are out of date; the exit code."""
    text = json.dumps(sorted(words_in_source()), ensure_ascii=False, indent=0) + "\n"
    if "--check" not in arguments:
        _FILE.write_text(text, encoding="utf-8")
        return 0
    if _FILE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{_FILE.name} is out of date; run .ci/generate\n")
    return 1


def _texts(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in said and isinstance(node.value, str):
            yield node.value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

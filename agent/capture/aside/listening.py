"""A ``Witness`` that writes down what a reader found, and what it looked at last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.capture.aside.elements import taken_apart
from agent.capture.pos.mapping.transcript import Field, Texts, Transcript

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from agent.capture.aside.piece import Raw


class Fact(NamedTuple):
    """One text that a reader found.

    Attributes:
        group: facts of one line, tender or tax share it; 0 are those of the transaction.
        label: ``lines.2``; empty for the transaction.
    """

    group: int
    label: str
    field: Field
    text: str


@dataclass(slots=True)
class Listener:
    """Listens while one record is read again; see ``Witness``.

    Attributes:
        facts: what a reader of fields found, in its order.
        asked: places in ``facts`` that were looked at since, in order.
        pieces: of POSLog, the transaction's pieces.
        seen: places in ``pieces`` that were looked at, in order.
    """

    facts: list[Fact] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    pieces: list[Raw] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    def transcript(self, told: Transcript) -> Transcript:
        """Write down what was found; what is mapped instead says what it is asked for."""
        self.facts, self.asked = [], []
        group = 0

        def heard(texts: Texts, label: str) -> dict[Field, str]:
            nonlocal group
            places = {}
            for name, text in texts.items():
                if text:
                    places[name] = len(self.facts)
                    self.facts.append(Fact(group, label, name, text))
            group += 1
            return _Heard(texts, places, self.asked)

        def all_of(many: Iterable[Texts], label: str) -> list[Texts]:
            return [heard(each, f"{label}.{place}") for place, each in enumerate(many, 1)]

        return replace(
            told,
            header=heard(told.header, ""),
            lines=all_of(told.lines, "lines"),
            reductions=[
                (at, heard(each, f"lines.{at + 1}.discounts")) for at, each in told.reductions
            ],
            tenders=all_of(told.tenders, "tenders"),
            taxes=all_of(told.taxes, "taxes"),
            discounts=all_of(told.discounts, "discounts"),
        )

    def element(self, transaction: Element) -> Element:
        """The same of POSLog."""
        self.seen = []
        watched, self.pieces = taken_apart(transaction, self.seen.append)
        return watched


class _Heard(dict[Field, str]):
    """Texts that write down which of them are looked at."""

    __slots__ = ("_asked", "_places")

    def __init__(self, texts: Texts, places: dict[Field, int], asked: list[int]) -> None:
        super().__init__(texts)
        self._places = places
        self._asked = asked

    def get(self, name: Field, default: Any = None) -> Any:
        """As of a dictionary."""
        self._note(name)
        return super().get(name, default)

    def __getitem__(self, name: Field) -> str:
        self._note(name)
        return super().__getitem__(name)

    def _note(self, name: Field) -> None:
        if name in self._places:
            self._asked.append(self._places[name])

"""The hunt itself: look, unwrap, look again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.simulators.image_hunt.evidence import Exhibit
from tests.simulators.image_hunt.prints import PixelPrints
from tests.simulators.image_hunt.signs import signs
from tests.simulators.image_hunt.wrappings import layers


@dataclass(frozen=True, slots=True)
class Find:
    """A picture where none may be.

    Attributes:
        where: the exhibit.
        what: kind of file, or form of the pixels.
        wrapped: what it was wrapped in, the outermost first.
        offset: of its first byte, in the innermost.
    """

    where: str
    what: str
    wrapped: tuple[str, ...]
    offset: int


class Hunter:
    """Looks for images, and for the pixels of known pictures."""

    def __init__(self, prints: PixelPrints) -> None:
        self._prints = prints

    def hunt(self, exhibits: Iterable[Exhibit]) -> list[Find]:
        """Everything found, exhibit by exhibit; one exhibit is held at a time."""
        return [find for exhibit in exhibits for find in self._look(exhibit)]

    def _look(self, exhibit: Exhibit) -> Iterator[Find]:
        for wrapped, content in layers(exhibit.content):
            for what, offset in self._known(content):
                yield Find(exhibit.where, what, wrapped, offset)

    def _known(self, content: bytes) -> Iterator[tuple[str, int]]:
        yield from signs(content)
        yield from self._prints.find(content)

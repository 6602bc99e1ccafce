"""Who reads again what a source set aside: the same code by the profile of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Protocol

from agent.capture.aside.piece import Raw
from agent.capture.pos.family import Adapter
from agent.capture.pos.processing import FileReader
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale
from models.wire.events.sale import Flag

if TYPE_CHECKING:
    from agent.capture.aside.beside import Columns

_DISAGREE = frozenset({Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE})


class Profile(Protocol):
    """What all till profiles have."""

    @property
    def name(self) -> str:
        """As the file is called."""
        ...

    @property
    def version(self) -> int:
        """Raised with every change."""
        ...

    @property
    def adapter(self) -> Adapter:
        """Who reads by it."""
        ...


@dataclass(frozen=True, slots=True)
class Rereader:
    """One way to read what one source set aside.

    Attributes:
        make: a reader for a context; each listens to what its context says.
        apart: what the record is made of, before anybody asks what it means; nothing for POSLog,
            whose reader says so itself. Never raises for what the record holds.
        columns: where the fields stand, as far as the profile names columns.
        under_our_names: whether what is kept stands under the names of our fields already: it was
            read when it was fetched.
    """

    profile: Profile
    make: Callable[[CaptureContext], FileReader]
    apart: Callable[[bytes], list[Raw]] | None = None
    columns: Columns = field(default_factory=dict)
    under_our_names: bool = False


@dataclass(frozen=True, slots=True)
class Bodies:
    """A ``FileReader`` of what is read whole: a body, an order, a receipt of a database."""

    read_body: Callable[[bytes], list[CapturedSale | Refused]]

    def read(
        self, source: BinaryIO, file_name: str, raw_sha256: str
    ) -> Iterator[CapturedSale | Refused]:
        """The sales of the one document that the file is."""
        del file_name, raw_sha256
        yield from self.read_body(source.read())


@dataclass(frozen=True, slots=True)
class Alone:
    """A ``FileReader`` of journals that takes no half of a transaction for the whole of it.

    What was set aside stood among other records; what of it is missing here nobody can tell but by
    its sums.
    """

    reader: FileReader

    def read(
        self, source: BinaryIO, file_name: str, raw_sha256: str
    ) -> Iterator[CapturedSale | Refused]:
        """As the reader, but what does not add up is refused."""
        begin = source.tell()
        for number, record in enumerate(self.reader.read(source, file_name, raw_sha256), 1):
            if isinstance(record, Refused) or not _DISAGREE & {*record.sale.capture.flags}:
                yield record
                continue
            source.seek(begin)
            reason = "by itself it does not add up, and may be a part of a transaction only"
            yield Refused(source.read(), reason, number, offset=0)

"""``lianke-agent parse``: what would be captured from these files, without capturing it.

For whoever sets up a till or writes a profile. Nothing is stored, moved or sent. Transactions are
printed as they are read, so a year in one file takes no more memory than a receipt.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast
from zoneinfo import ZoneInfo

from agent.capture.pos.document import declared_namespaces
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.money import Currency
from agent.capture.pos.poslog import PoslogReader
from agent.capture.pos.profile import TillProfile, detect_profile, load_profile, load_profiles
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.errors import InvalidInput, UnreadableInput
from models.wire.envelope import Moment
from models.wire.events.sale import SaleRecorded
from models.wire.ids import DevicePath, device_id, store_id, tenant_id

EXIT_READ: Final = 0
EXIT_UNREADABLE: Final = 2

_MAX_BYTES: Final = 16 * 1024**3
"""Of one file, unpacked: memory does not grow with it, but what unpacks to more is no till's."""
_PIECE_BYTES: Final = 1 << 20
_NOT_READ: Final = (EOFError, zlib.error, OSError)
_COLUMNS: Final = "{:<10}  {:<8}  {:>8}  {:<25}  {:<15} {:<10} {:>5} {:>14}  {:<6}  {}"
_TITLES: Final = (
    "day",
    "till",
    "number",
    "ended",
    "kind",
    "status",
    "lines",
    "total",
    "member",
    "flags",
)


@dataclass(frozen=True, slots=True)
class ParseRequest:
    """What to read, and as whom.

    Attributes:
        files: ``.xml``, or ``.gz`` of such.
        profiles: folder of till profiles.
        profile: name of the profile; found by each file's namespaces when None.
        as_json: print each event whole, one per line, personal data included, instead of a table.
    """

    files: Sequence[Path]
    profiles: Path
    profile: str | None = None
    tenant: str = "local"
    store: str = "shop"
    timezone: str = "Asia/Shanghai"
    phone_region: str = "CN"
    as_json: bool = False


def run(request: ParseRequest, moment: Callable[[], Moment], stdout: TextIO, stderr: TextIO) -> int:
    """Print what every file holds; report each unreadable one on ``stderr`` and go on.

    Returns:
        EXIT_READ, or EXIT_UNREADABLE when the agent would have quarantined any of the files.

    Raises:
        BadConfiguration: the profile does not exist or cannot be read.
        BadIdentifier: tenant or store is no valid name.
    """
    context = _context(request, moment)
    unreadable = sum(
        _print_file(path, request, context, _Streams(stdout, stderr)) for path in request.files
    )
    return EXIT_UNREADABLE if unreadable else EXIT_READ


def parse_file(
    path: Path, profile: TillProfile, context: CaptureContext
) -> Iterator[CapturedSale | Refused]:
    """The records of one file, exactly as the spool would hand them over.

    Raises:
        UnreadableInput: it cannot be opened, is no file of this profile, or breaks off.
    """
    with _opened(path) as source:
        digest = _digest(path, source)
        source.seek(0)
        yield from PoslogReader(profile, context).read(source, path.name, digest)


def profile_for(path: Path, profiles: Path, name: str | None) -> TillProfile:
    """The named profile, or the one that the file's namespaces ask for.

    Raises:
        BadConfiguration: there is none such.
        UnreadableInput: the file's beginning is not XML.
    """
    if name is not None:
        return load_profile(profiles, name)
    try:
        with _opened(path) as source:
            namespaces = declared_namespaces(source)
    except (Malformed, *_NOT_READ) as error:
        raise UnreadableInput(f"{path.name}: {_why(error)}") from error
    return detect_profile(load_profiles(profiles), namespaces)


@dataclass(frozen=True, slots=True)
class _Streams:
    """Where what was read and what was not is written."""

    out: TextIO
    err: TextIO


def _print_file(
    path: Path, request: ParseRequest, context: CaptureContext, streams: _Streams
) -> int:
    """Print a file's transactions as they are read; returns how much of it cannot be read."""
    unreadable = 0
    table = _Events(streams.out) if request.as_json else _Table(streams.out)
    try:
        profile = profile_for(path, request.profiles, request.profile)
        for record in parse_file(path, profile, context):
            if isinstance(record, Refused):
                unreadable += 1
                streams.err.write(_report(path, record.reason))
            else:
                table.add(record)
    except InvalidInput as error:
        unreadable += 1
        streams.err.write(_report(path, str(error)))
    table.end(is_whole=not unreadable)
    return unreadable


def _context(request: ParseRequest, moment: Callable[[], Moment]) -> CaptureContext:
    device = DevicePath(tenant_id(request.tenant), store_id(request.store), device_id("parse"))
    return CaptureContext(
        device=device,
        timezone=ZoneInfo(request.timezone),
        moment=moment,
        phone_region=request.phone_region,
    )


def _opened(path: Path) -> BinaryIO:
    """The file, unpacked; raises UnreadableInput where there is none."""
    try:
        source = gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 - the caller's
    except OSError as error:
        raise UnreadableInput(f"{path.name}: {error.strerror}") from error
    return cast("BinaryIO", source)


def _digest(path: Path, source: BinaryIO) -> str:
    """Of the whole content, read once from end to end; raises UnreadableInput."""
    digest, size = sha256(), 0
    try:
        while piece := source.read(_PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            if size > _MAX_BYTES:
                raise UnreadableInput(f"{path.name}: more than {_MAX_BYTES} bytes unpacked")
    except _NOT_READ as error:
        raise UnreadableInput(f"{path.name}: {_why(error)}") from error
    return digest.hexdigest()


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) if isinstance(error, Malformed) else "not a whole gzip file"


class _Events:
    """Each event whole, one per line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def add(self, captured: CapturedSale) -> None:
        """Print one."""
        self._out.write(captured.body.decode() + "\n")

    def end(self, *, is_whole: bool) -> None:
        """Nothing more is said."""


class _Table:
    """Without personal data: whether a member was named, not who."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._kinds: Counter[str] = Counter()

    def add(self, captured: CapturedSale) -> None:
        """Print one; the titles before the first."""
        if not self._kinds:
            self._line(_TITLES)
        self._kinds[captured.sale.kind.value] += 1
        self._line(_row(captured.sale))

    def end(self, *, is_whole: bool) -> None:
        """How many there were; nothing for a file of which nothing could be read."""
        if not self._kinds and not is_whole:
            return
        if not self._kinds:
            self._line(_TITLES)
        counted = ", ".join(f"{number} {kind}" for kind, number in sorted(self._kinds.items()))
        self._out.write(f"{self._kinds.total()} transactions{': ' if counted else ''}{counted}\n")

    def _line(self, cells: Sequence[str]) -> None:
        self._out.write(_COLUMNS.format(*cells).rstrip() + "\n")


def _row(sale: SaleRecorded) -> tuple[str, ...]:
    total = Currency.of(sale.currency).text(sale.total_minor)
    return (
        sale.business_day_date.isoformat(),
        sale.workstation_id,
        sale.sequence_number,
        sale.end_at.isoformat(timespec="seconds"),
        sale.kind.value,
        sale.status.value,
        str(len(sale.lines)),
        f"{total} {sale.currency}",
        "yes" if sale.loyalty else "no",
        ", ".join(sale.capture.flags),
    )


def _report(path: Path, reason: str) -> str:
    return (
        f"{path}: unreadable\n"
        f"  reason: {reason}\n"
        "  what to do: the agent would quarantine this and keep it sealed; mend the till's "
        "export, or name the right profile with --profile\n"
    )

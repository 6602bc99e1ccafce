"""``lianke-agent parse``: what would be captured from these files, without capturing it.

For whoever sets up a till or writes a profile. Nothing is stored, moved or sent.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final, TextIO
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

_MAX_BYTES: Final = 256 * 1024 * 1024
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
    operator_key: bytes = b""
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
    unreadable = 0
    for path in request.files:
        try:
            profile = profile_for(path, request.profiles, request.profile)
            sales, faults = _sorted_out(path, profile, context)
        except InvalidInput as error:
            sales, faults = [], [str(error)]
        unreadable += len(faults)
        stderr.writelines(_report(path, fault) for fault in faults)
        if sales or not faults:
            write = _write_json if request.as_json else _write_table
            write(sales, stdout)
    return EXIT_UNREADABLE if unreadable else EXIT_READ


def parse_file(
    path: Path, profile: TillProfile, context: CaptureContext
) -> Iterator[CapturedSale | Refused]:
    """The records of one file, exactly as the spool would hand them over.

    Raises:
        UnreadableInput: it cannot be opened, is no file of this profile, or breaks off.
    """
    data = _content(path)
    digest = sha256(data).hexdigest()
    yield from PoslogReader(profile, context).read(BytesIO(data), path.name, digest)


def profile_for(path: Path, profiles: Path, name: str | None) -> TillProfile:
    """The named profile, or the one that the file's namespaces ask for.

    Raises:
        BadConfiguration: there is none such.
        UnreadableInput: the file's beginning is not XML.
    """
    if name is not None:
        return load_profile(profiles, name)
    try:
        namespaces = declared_namespaces(BytesIO(_content(path)))
    except Malformed as error:
        raise UnreadableInput(f"{path.name}: {error}") from error
    return detect_profile(load_profiles(profiles), namespaces)


def _sorted_out(
    path: Path, profile: TillProfile, context: CaptureContext
) -> tuple[list[CapturedSale], list[str]]:
    """What would be captured of a file, and why the rest would not."""
    sales: list[CapturedSale] = []
    faults: list[str] = []
    try:
        for record in parse_file(path, profile, context):
            if isinstance(record, Refused):
                faults.append(record.reason)
            else:
                sales.append(record)
    except InvalidInput as error:
        faults.append(str(error))
    return sales, faults


def _context(request: ParseRequest, moment: Callable[[], Moment]) -> CaptureContext:
    device = DevicePath(tenant_id(request.tenant), store_id(request.store), device_id("parse"))
    return CaptureContext(
        device=device,
        timezone=ZoneInfo(request.timezone),
        moment=moment,
        phone_region=request.phone_region,
        operator_key=request.operator_key,
    )


def _content(path: Path) -> bytes:
    try:
        if path.suffix != ".gz":
            return path.read_bytes()
        with gzip.open(path) as file:
            data = file.read(_MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableInput(f"{path.name}: not a whole gzip file") from error
    except OSError as error:
        raise UnreadableInput(f"{path.name}: {error.strerror}") from error
    if len(data) > _MAX_BYTES:
        raise UnreadableInput(f"{path.name}: more than {_MAX_BYTES} bytes unpacked")
    return data


def _write_json(sales: Sequence[CapturedSale], stdout: TextIO) -> None:
    stdout.writelines(sale.body.decode() + "\n" for sale in sales)


def _write_table(sales: Sequence[CapturedSale], stdout: TextIO) -> None:
    """Without personal data: whether a member was named, not who."""
    rows = [_TITLES, *(_row(captured.sale) for captured in sales)]
    stdout.writelines(_COLUMNS.format(*row).rstrip() + "\n" for row in rows)
    kinds = Counter(captured.sale.kind.value for captured in sales)
    counted = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    stdout.write(f"{len(sales)} transactions{': ' if counted else ''}{counted}\n")


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

"""``lianke-agent profile draft|check``: making a till's profile, and showing how well it does.

Nothing is stored, moved or sent. What is printed names nobody: no line of a receipt, no phone
number; a draft holds the words of the samples that its templates are made of, so read it first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO
from zoneinfo import ZoneInfo

from agent.capture.pos.escpos.profile import PrinterProfile
from agent.capture.pos.family import Adapter, adapter_of, load_named
from agent.capture.pos.journal.lines import LineSplitter, Spot
from agent.capture.pos.journal.profile import JournalProfile
from agent.capture.pos.journal.reading import JournalReader, SetAside
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.money import Currency
from agent.capture.pos.receipts.drafting import draft_profile
from agent.capture.pos.receipts.profile import ReceiptProfile
from agent.capture.pos.receipts.reading import TillReceipts
from agent.capture.pos.receipts.writing import draft_toml
from agent.capture.pos.sink import CaptureContext
from agent.capture.samples import Sample, read_samples
from agent.errors import BadConfiguration, UnreadableInput
from models.wire.envelope import Moment
from models.wire.events.sale import Flag, SaleRecorded
from models.wire.ids import DevicePath, device_id, store_id, tenant_id

EXIT_RIGHT: Final = 0
EXIT_DOUBTFUL: Final = 1
EXIT_UNREADABLE: Final = 2

_COLUMNS: Final = "{:<28} {:<9} {:>14} {:>5} {:>7} {:<4} {:>6}  {}"
_TITLES: Final = ("sample", "result", "total", "lines", "tenders", "sums", "unread", "remarks")
_DISAGREE: Final = frozenset({Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE})


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """What both tools need.

    Attributes:
        files: samples; see ``read_samples``. For a journal's profile, whole journals.
        profile: name of the profile to check, or to give to the draft.
        profiles: folder of till profiles.
        printer: of samples that are a printer's bytes.
        encoding: of samples that are text.
        currency: for a draft.
    """

    files: Sequence[Path]
    profile: str
    profiles: Path
    printer: PrinterProfile = field(default_factory=PrinterProfile)
    encoding: str = "utf-8"
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    phone_region: str = "CN"


def placed(profile: str, folder: Path) -> tuple[Path, str]:
    """The folder and the name of a profile that is named, or given as a ``.toml`` file.

    A draft need not be installed to be checked.
    """
    path = Path(profile)
    return (path.parent, path.stem) if path.suffix == ".toml" else (folder, profile)


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """What became of one sample.

    Attributes:
        sale: None where it is no sale or was refused.
        refused: why, without its text.
        unread: lines among the goods that no form matched.
    """

    name: str
    sale: SaleRecorded | None = None
    refused: str = ""
    unread: int = 0

    @property
    def is_right(self) -> bool:
        """Whether it was read whole and adds up; what is no sale is right, too."""
        if self.refused or self.unread:
            return False
        return self.sale is None or not _DISAGREE.intersection(self.sale.capture.flags)


def draft(
    request: ProfileRequest, moment: Callable[[], Moment], stdout: TextIO, stderr: TextIO
) -> int:
    """Write a profile for the samples to ``stdout``, and what it is unsure of also to ``stderr``.

    Returns:
        EXIT_RIGHT, or EXIT_DOUBTFUL where not all samples add up by it.

    Raises:
        UnreadableInput: a sample cannot be read, or there is none.
    """
    samples = list(_samples(request))
    if not samples:
        raise UnreadableInput("there is no receipt in these files")
    lines = [sample.lines for sample in samples]
    drafted = draft_profile(request.profile, lines, request.currency, _context(request, moment))
    stdout.write(draft_toml(drafted))
    stderr.write(f"{drafted.right} of {drafted.samples} samples add up\n")
    stderr.writelines(f"unsure: {doubt}\n" for doubt in drafted.unsure)
    return EXIT_RIGHT if drafted.right == drafted.samples else EXIT_DOUBTFUL


def check(request: ProfileRequest, moment: Callable[[], Moment], stdout: TextIO) -> int:
    """Write a table with one row per sample, and how many are right.

    Returns:
        EXIT_RIGHT; EXIT_DOUBTFUL where some do not add up, have goods that were not read, or share
        their key; EXIT_UNREADABLE where some were refused.

    Raises:
        BadConfiguration: the profile does not exist, cannot be read, or is for another adapter.
        UnreadableInput: a sample's file cannot be read, or there is nothing in any.
    """
    checked = list(check_samples(request, moment))
    if not checked:
        raise UnreadableInput("there is no receipt and no record in these files")
    rows = [_TITLES, *(_row(each) for each in checked)]
    stdout.writelines(_COLUMNS.format(*row).rstrip() + "\n" for row in rows)
    right = sum(each.is_right for each in checked)
    sales = sum(each.sale is not None for each in checked)
    stdout.write(f"{len(checked)} samples: {sales} sales, {right} right\n")
    shared = _shared_keys(checked)
    if shared:
        stdout.write(f"{shared} keys belong to different sales; add parts to [key]\n")
    if any(each.refused for each in checked):
        return EXIT_UNREADABLE
    return EXIT_RIGHT if right == len(checked) and not shared else EXIT_DOUBTFUL


def check_samples(request: ProfileRequest, moment: Callable[[], Moment]) -> Iterator[Checked]:
    """What becomes of every sample by the profile; raises as ``check``."""
    context = _context(request, moment)
    path = request.profiles / f"{request.profile}.toml"
    adapter = adapter_of(path) if path.is_file() else Adapter.RECEIPTS
    if adapter is Adapter.JOURNAL:
        journal = load_named(request.profiles, request.profile, JournalProfile, adapter)
        yield from _check_journals(request, journal, context)
        return
    if adapter is not Adapter.RECEIPTS:
        raise BadConfiguration(f"{path} is a profile for {adapter}; use lianke-agent parse")
    profile = load_named(request.profiles, request.profile, ReceiptProfile, adapter)
    till = TillReceipts(profile, context)
    yield from (_check_receipt(till, sample) for sample in _samples(request))


def _check_receipt(till: TillReceipts, sample: Sample) -> Checked:
    try:
        finding = till.find(sample.lines)
        sale = till.sale(finding, sample.sha256)
    except Malformed as error:
        return Checked(sample.name, refused=str(error))
    return Checked(sample.name, sale, unread=finding.unread_goods if sale is not None else 0)


def _check_journals(
    request: ProfileRequest, profile: JournalProfile, context: CaptureContext
) -> Iterator[Checked]:
    for path in request.files:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableInput(f"{path.name}: {error.strerror}") from error
        reader = JournalReader(profile, context)
        lines = LineSplitter(Spot(1, 0, 1), profile.encoding, profile.longest_record_bytes)
        records = (*lines.feed(data), *lines.finish())
        outcomes = [each for record in records for each in reader.feed(record, 0)]
        for outcome in (*outcomes, *reader.finish()):
            if isinstance(outcome, SetAside):
                yield Checked(f"{path.name}:{outcome.begin.line}", refused=outcome.reason)
            else:
                yield Checked(f"{path.name} {outcome.sale.sequence_number}", outcome.sale)


def _samples(request: ProfileRequest) -> Iterator[Sample]:
    for path in request.files:
        yield from read_samples(path, request.printer, request.encoding)


def _row(checked: Checked) -> tuple[str, ...]:
    sale = checked.sale
    if sale is None:
        result = "refused" if checked.refused else "no sale"
        return (checked.name, result, "", "", "", "", "", checked.refused)
    total = f"{Currency.of(sale.currency).text(sale.total_minor)} {sale.currency}"
    sums = "no" if _DISAGREE.intersection(sale.capture.flags) else "yes"
    return (
        checked.name,
        "sale",
        total,
        str(len(sale.lines)),
        str(len(sale.tenders)),
        sums,
        str(checked.unread),
        ", ".join(sale.capture.flags),
    )


def _shared_keys(checked: Sequence[Checked]) -> int:
    """Keys that name more than one content: sales that would replace each other."""
    contents = {
        (each.sale.natural_key, each.sale.end_at, each.sale.total_minor, len(each.sale.lines))
        for each in checked
        if each.sale is not None
    }
    return sum(count > 1 for count in Counter(key for key, *_ in contents).values())


def _context(request: ProfileRequest, moment: Callable[[], Moment]) -> CaptureContext:
    device = DevicePath(tenant_id("local"), store_id("shop"), device_id("profile"))
    return CaptureContext(
        device=device,
        timezone=ZoneInfo(request.timezone),
        moment=moment,
        phone_region=request.phone_region,
    )

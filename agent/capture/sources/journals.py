"""A journal of the configuration: its profile, its reader, and the thread that follows it."""

from __future__ import annotations

import codecs
from pathlib import Path

from agent.capture.pos.family import Adapter, adapter_of, load_named
from agent.capture.pos.journal import (
    Chain,
    CursorFile,
    JournalFollower,
    JournalProfile,
    JournalReader,
    JournalTail,
    Layout,
    QuarantinedRecords,
    RecordReader,
    TailSettings,
)
from agent.capture.pos.journal.following import FollowingSettings
from agent.capture.pos.receipts import ReceiptProfile, TextJournalReader
from agent.capture.pos.sink import CaptureContext
from agent.capture.sources.source import Surroundings
from agent.config import JournalSettings
from agent.errors import BadConfiguration
from agent.health.status.tills import SourceKind, SourceStatus


class JournalSource:
    """Follows one journal; see ``Source``."""

    kind = SourceKind.JOURNAL

    def __init__(self, settings: JournalSettings, cursors: Path, around: Surroundings) -> None:
        """``cursors`` is the folder that keeps how far each journal was read.

        Raises:
            BadConfiguration: there is no such profile, or it is not one of a journal.
        """
        self.name = settings.name
        profile, layout = journal_profile(settings, around.till_profiles)
        reader = journal_reader(profile, around.context)
        tail = JournalTail(
            Chain(settings.file, settings.rotated),
            reader,
            layout,
            sink=around.sink,
            aside=QuarantinedRecords(around.new_keeping().serving(settings.name), around.clock),
            cursors=CursorFile(cursors / f"{settings.name}.json"),
            clock=around.clock,
            settings=TailSettings(
                from_oldest=settings.from_oldest, most_in_a_row=settings.most_in_a_row
            ),
        )
        self._follower = JournalFollower(
            tail,
            settings.file.parent,
            clock=around.clock,
            settings=FollowingSettings(poll_s=settings.poll_s),
        )

    def start(self) -> None:
        """Follow it from where it was left; a journal that is not there is waited for."""
        self._follower.start()

    def stop(self) -> None:
        """Finish the look under way."""
        self._follower.stop()

    def status(self) -> SourceStatus:
        """How far it was read, and what holds it up."""
        following = self._follower.status
        journal = following.journal
        return SourceStatus(
            name=self.name,
            kind=self.kind,
            blocked=following.blocked,
            out_of_room=following.out_of_room,
            present=journal.present,
            at_ease=following.at_ease,
            sales=journal.sales,
            set_aside=journal.set_aside,
            waiting_bytes=journal.lag_bytes,
            breaks=journal.breaks,
            last_at=journal.last_record_at,
        )


def journal_profile(
    settings: JournalSettings, till_profiles: Path
) -> tuple[JournalProfile | ReceiptProfile, Layout]:
    """The profile of a journal, and how its records are found; raises BadConfiguration."""
    path = till_profiles / f"{settings.profile}.toml"
    if path.is_file() and adapter_of(path) is Adapter.RECEIPTS:
        return _text_profile(settings, till_profiles)
    profile = load_named(till_profiles, settings.profile, JournalProfile, Adapter.JOURNAL)
    layout = Layout(profile.encoding, profile.longest_record_bytes, profile.lines_may_span_files)
    return profile, layout


def journal_reader(
    profile: JournalProfile | ReceiptProfile, context: CaptureContext
) -> RecordReader:
    """Who makes sales of the records of a journal, of tables or of receipts as printed."""
    if isinstance(profile, ReceiptProfile):
        return TextJournalReader(profile, context)
    return JournalReader(profile, context)


def _text_profile(settings: JournalSettings, till_profiles: Path) -> tuple[ReceiptProfile, Layout]:
    """For a file that holds receipts as they were printed."""
    name = settings.profile
    profile = load_named(till_profiles, name, ReceiptProfile, Adapter.RECEIPTS)
    journal = profile.journal
    if not (journal.begin or journal.end):
        raise BadConfiguration(
            f"journal {settings.name}: profile {name!r} does not say where a receipt begins or "
            "ends in a file; add [journal] begin or end to it"
        )
    _check_encoding(settings.name, journal.encoding)
    return profile, Layout(journal.encoding, journal.longest_record_bytes)


def _check_encoding(name: str, encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise BadConfiguration(
            f"journal {name}: its profile's [journal] encoding {encoding!r} is not known; use a "
            "Python name such as gb18030"
        ) from error

"""Transactions of electronic journals."""

from __future__ import annotations

from agent.capture.aside.formats import columns_of, journal_pieces
from agent.capture.aside.rereader import Alone, Rereader
from agent.capture.aside.rereaders.asking import LINE, Asked
from agent.capture.pos.journal import JournalReader
from agent.capture.pos.journal.profile import JournalProfile
from agent.capture.pos.journal.whole import JournalFileReader
from agent.capture.pos.sink import CaptureContext
from agent.capture.sources.journals import journal_profile, journal_reader
from agent.config import JournalSettings


def rereader(asked: Asked) -> Rereader:
    """By the profile of the journal; raises BadConfiguration."""
    profile, layout = journal_profile(_settings(asked), asked.profiles)

    def make(context: CaptureContext) -> Alone:
        def fresh(raw_sha256: str) -> object:
            if isinstance(profile, JournalProfile):
                return JournalReader(profile, context, raw_sha256)
            return journal_reader(profile, context)

        return Alone(JournalFileReader(layout, fresh))  # type: ignore[arg-type]

    return Rereader(profile, make, journal_pieces(profile), columns_of(profile))


def _settings(asked: Asked) -> JournalSettings:
    named = asked.file.rpartition(LINE)[0]
    journals = [each for each in asked.config.journal if asked.source in ("", each.name)]
    same = [each for each in journals if named and str(each.file).endswith(named)]
    return asked.only(same or journals, "[[journal]]")

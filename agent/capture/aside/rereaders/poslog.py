"""POSLog, of the till's folder."""

from __future__ import annotations

from agent.capture.aside.rereader import Rereader
from agent.capture.aside.rereaders.asking import Asked
from agent.capture.pos.poslog import PoslogReader
from agent.capture.pos.profile import load_profile
from agent.errors import BadConfiguration


def rereader(asked: Asked) -> Rereader:
    """By the profile of the till; raises BadConfiguration."""
    if asked.config.till.folder is None:
        raise BadConfiguration(f"{asked.file}: [till] folder is absent: this box has no till")
    return by_profile(asked, asked.config.till.profile)


def by_profile(asked: Asked, name: str) -> Rereader:
    """By a profile of that name; raises BadConfiguration."""
    profile = load_profile(asked.profiles, name)
    return Rereader(profile, lambda context: PoslogReader(profile, context))

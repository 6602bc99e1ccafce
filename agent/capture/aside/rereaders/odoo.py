"""Orders of an Odoo."""

from __future__ import annotations

from agent.capture.aside.formats import json_pieces
from agent.capture.aside.rereader import Bodies, Rereader
from agent.capture.aside.rereaders.asking import Asked
from agent.capture.aside.rereaders.posted import whole
from agent.capture.pos.web.odoo.reading import OdooReader
from agent.capture.pos.web.profile import WebFormat, load_web_profile


def rereader(asked: Asked) -> Rereader:
    """By the Odoo's profile; raises BadConfiguration."""
    odoos = [each for each in asked.config.odoo if asked.source in ("", each.name)]
    settings = asked.only(odoos, "[[odoo]]")
    profile = load_web_profile(asked.profiles, settings.profile, WebFormat.ODOO)
    return Rereader(
        profile,
        lambda context: Bodies(lambda body: whole(OdooReader(profile, context), body)),
        json_pieces,
    )

"""Receipts of tills' databases."""

from __future__ import annotations

from agent.capture.aside.formats import json_pieces
from agent.capture.aside.rereader import Bodies, Rereader
from agent.capture.aside.rereaders.asking import DATABASE, Asked
from agent.capture.pos.database.profile import DatabaseProfile
from agent.capture.pos.database.reading import DatabaseReader, with_currency
from agent.capture.pos.database.stored import StoredReceipt
from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.sink import CaptureContext


def rereader(asked: Asked) -> Rereader:
    """By the profile of the database; raises BadConfiguration."""
    name = asked.source or asked.file.removeprefix(DATABASE).removesuffix(".json")
    databases = [each for each in asked.config.database if each.name == name]
    settings = asked.only(databases, "[[database]]")
    named = load_named(asked.profiles, settings.profile, DatabaseProfile, Adapter.DATABASE)
    profile = with_currency(named, settings.currency)

    def make(context: CaptureContext) -> Bodies:
        reader = DatabaseReader(profile, context)
        return Bodies(lambda body: [reader.read(StoredReceipt.of_data(body))])

    return Rereader(profile, make, json_pieces, under_our_names=True)

"""The schemas beside the till profiles: current, and true of every shipped profile."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from agent.capture.pos.family import Adapter, adapter_of, profiles_for
from agent.capture.pos.mapping import Field
from agent.capture.pos.profile_schema import FOLDER, main, schemas

PROFILES = [*profiles_for(FOLDER, Adapter.JOURNAL), *profiles_for(FOLDER, Adapter.RECEIPTS)]


def test_the_written_schemas_are_those_of_the_classes() -> None:
    assert main(["--check"]) == 0


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_every_shipped_profile_fits_its_schema(path: Path) -> None:
    schema = json.loads(schemas()[f"{adapter_of(path)}.schema.json"])
    jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema)


@pytest.mark.parametrize("name", ["journal.schema.json", "receipts.schema.json"])
def test_every_key_says_what_it_means(name: str) -> None:
    bare = list(_undescribed(json.loads(schemas()[name]), ""))
    assert not bare


def test_every_field_that_a_profile_may_name_is_explained() -> None:
    page = (FOLDER.parents[1] / "docs" / "how-to" / "read-a-journal.md").read_text(encoding="utf-8")
    missing = [each.value for each in Field if f"`{each}`" not in page]
    assert not missing


def _undescribed(schema: dict[str, object], path: str) -> list[str]:
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    found = []
    for key, value in properties.items():
        found += [] if "description" in value else [f"{path}{key}"]
        found += _undescribed(value, f"{path}{key}.")
        found += _undescribed(value.get("items", {}), f"{path}{key}.")
    return found

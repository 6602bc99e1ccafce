"""The register of who reads again: complete, and light until a record is asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path
from pkgutil import iter_modules

import pytest

from agent.capture.aside import rereaders
from agent.capture.aside.rereaders import Kind
from agent.capture.aside.rereaders.asking import Asked
from agent.config import AgentConfig, DeviceSettings
from agent.errors import BadConfiguration

ROOT = Path(__file__).parents[2]
HEAVY = ("escpos", "receipts", "journal", "database", "web")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_source_has_a_module_that_reads_again(kind: Kind) -> None:
    module = import_module(f"{rereaders.__name__}.{kind}")
    assert list(signature(module.rereader).parameters) == ["asked"]


def test_every_module_is_of_a_kind() -> None:
    names = {module.name for module in iter_modules(rereaders.__path__)}
    assert names - {"asking"} == set(Kind)


def test_asking_for_who_reads_loads_nothing_of_tills_that_are_not_there() -> None:
    asked = (
        "import sys, agent.capture.aside.readers; print([n for n in sys.modules "
        f"if n.startswith('agent.capture.pos.') and n.split('.')[3] in {HEAVY}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        (Kind.TILL, "[till] folder is absent"),
        (Kind.JOURNAL, "[[journal]]: none could have set it aside"),
        (Kind.PRINTS, "no [[tap]] or [[prints]] is named 'gone'"),
        (Kind.DATABASE, "[[database]]: none could have set it aside"),
        (Kind.WEB, "[[web]]: none could have set it aside"),
        (Kind.ODOO, "[[odoo]]: none could have set it aside"),
    ],
)
def test_a_source_that_is_no_more_is_named_with_what_to_do(
    kind: Kind, missing: str, tmp_path: Path
) -> None:
    device = DeviceSettings("retailer", "sh-0001", "pos-1", data_dir=tmp_path, keys_dir=tmp_path)
    asked = Asked(AgentConfig(device), tmp_path, "gone", "record", b"")
    with pytest.raises(BadConfiguration, match=r"^record: ") as caught:
        rereaders.rereader_of(kind, asked)
    assert missing in str(caught.value)

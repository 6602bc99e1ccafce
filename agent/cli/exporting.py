"""Events out of the outbox as JSON lines, to a file or to stdout.

Each line is ``{epoch, stream, sequence, settled, event_id, appended_at, event}``; dead letters have
``reason`` and ``rejected_at`` instead of the times of their life in the outbox. Personal data stays
sealed: whoever gets the file needs the device's keys to read it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import typer

from agent.config import AgentConfig
from agent.errors import BadConfiguration
from agent.outbox import DeadLetter
from agent.outbox.remains import is_event
from agent.outbox.selection import Kept
from models.vault.keyring import Keyring
from models.vault.master import load_or_create
from models.vault.seal import Sealer

ToOption = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="A new file; stdout when absent.")
]
PlainOption = Annotated[
    bool,
    typer.Option(
        "--plain",
        help="Open personal data with this device's keys: the output then holds names and phones.",
    ),
]

Reveal = Callable[[str, bytes], bytes]
"""From an event's id and sealed body to the body that is shown."""


def export_events(
    config: AgentConfig, events: Iterable[Kept], to: Path | None, *, plain: bool, as_json: bool
) -> None:
    """Write events; a line about how many goes to stderr, or as JSON to stdout beside a file."""
    with _reveal(config, plain=plain) as reveal:
        _write((_event_line(kept, reveal) for kept in events), to, as_json=as_json)


def export_letters(
    config: AgentConfig,
    letters: Iterable[tuple[DeadLetter, bytes]],
    to: Path | None,
    *,
    plain: bool,
    as_json: bool,
) -> None:
    """The same for dead letters."""
    with _reveal(config, plain=plain) as reveal:
        lines = (_letter_line(letter, body, reveal) for letter, body in letters)
        _write(lines, to, as_json=as_json)


@contextmanager
def _reveal(config: AgentConfig, *, plain: bool) -> Iterator[Reveal]:
    with ExitStack() as parts:
        if not plain:
            yield lambda _event_id, body: body
            return
        if not config.master_key_file.exists():
            raise BadConfiguration(
                f"no master key at {config.master_key_file}; nothing can be opened without it"
            )
        keyring = Keyring(config.keyring_file, load_or_create(config.master_key_file))
        parts.callback(keyring.close)
        yield Sealer(keyring).open


def _write(lines: Iterable[bytes], to: Path | None, *, as_json: bool) -> None:
    count = 0
    with _output(to) as out:
        for line in lines:
            out.write(line + b"\n")
            count += 1
    if as_json and to is not None:
        print(msgspec.json.encode({"exported": count, "file": str(to)}).decode())
    else:
        print(f"{count} exported", file=sys.stderr)


@contextmanager
def _output(to: Path | None) -> Iterator[BinaryIO]:
    if to is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        to.touch(0o600, exist_ok=False)
        with to.open("wb") as file:
            yield file
    except OSError as error:
        raise BadConfiguration(f"{to}: {error.strerror}; name a new file") from error


def _event_line(kept: Kept, reveal: Reveal) -> bytes:
    return msgspec.json.encode(
        {
            "epoch": kept.epoch,
            "stream": kept.stream,
            "sequence": kept.sequence,
            "settled": kept.settled,
            "event_id": kept.event_id,
            "appended_at": kept.appended_at,
            "event": _shown(kept.event_id, kept.body, reveal),
        }
    )


def _letter_line(letter: DeadLetter, body: bytes, reveal: Reveal) -> bytes:
    return msgspec.json.encode(
        {
            "epoch": letter.epoch,
            "stream": letter.stream,
            "sequence": letter.sequence,
            "reason": letter.reason,
            "event_id": letter.event_id,
            "rejected_at": letter.rejected_at,
            "event": _shown(letter.event_id, body, reveal),
        }
    )


def _shown(event_id: str, body: bytes, reveal: Reveal) -> Any:
    """The event as JSON; what is none, because its bytes are damaged, as base64."""
    return msgspec.Raw(reveal(event_id, body)) if is_event(event_id, body) else {"damaged": body}

"""Tills whose database is read: ``[[database]]``.

What can be wrong with the settings alone is found here, at start, in one sentence; whether the
server answers and holds what the profile names is found by its poller. A login is never part of
an address and never quoted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from agent.config.bounds import check_above_zero, check_name, parts_of
from agent.errors import BadConfiguration

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_LARGEST_BATCH: Final = 500


class Server(StrEnum):
    """What kind of database a till writes into; also the scheme of its address."""

    MYSQL = "mysql"
    MARIADB = "mariadb"
    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """Who reads; printed nowhere."""

    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class TillDatabaseSettings:
    """A till's own database, which is read and never written. Repeat it for more.

    Attributes:
        name: of this source, unique on this box; its watermark is kept under it.
        address: ``mysql://host[:port]/database``, ``mariadb://…`` or ``postgresql://…``, without a
            login; ``sqlite:///absolute/path`` for a file.
        login_file: a file of mode 0600 that holds ``user:password``.
        login_variable: name of an environment variable that holds ``user:password`` instead.
        ca_file: certificate of the authority that the server's must come from; TLS where given.
        profile: what stands where in it.
        currency: ISO 4217, where neither the database nor the profile says it.
        poll_s: seconds between two looks.
        overlap_s: every look begins so far before the newest receipt, for late commits.
        sweep_s: seconds between two looks that go back further.
        look_back_s: how far those go back, for corrections and for clocks that were set back.
        history_days: how many days are read at the very first start.
        batch: receipts per transaction.
        statement_timeout_s: longest time that one statement may take.
        connect_timeout_s: longest time that connecting may take.
    """

    name: str
    address: str
    login_file: Path | None = None
    login_variable: str = ""
    ca_file: Path | None = None
    profile: str = "unicenta"
    currency: str = ""
    poll_s: float = 2.0
    overlap_s: float = 120.0
    sweep_s: float = 600.0
    look_back_s: float = 86_400.0
    history_days: int = 7
    batch: int = 100
    statement_timeout_s: float = 5.0
    connect_timeout_s: float = 5.0

    def __post_init__(self) -> None:
        """What cannot work is refused at start, never quoting a login."""
        check_name("database", self.name)
        self._check_address()
        if self.currency and not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"database {self.name}: currency must be three capital letters")
        self._check_times()
        if not 1 <= self.batch <= _LARGEST_BATCH:
            raise ValueError(f"database {self.name}: batch must be 1 to {_LARGEST_BATCH}")

    @property
    def server(self) -> Server:
        """What kind of database it is."""
        return Server(urlsplit(self.address).scheme.lower())

    @property
    def host(self) -> str:
        """Host, or the folder or path of a socket (``%2Frun%2Fpostgresql``, as libpq has it)."""
        return unquote(urlsplit(self.address).netloc.partition(":")[0])

    @property
    def port(self) -> int | None:
        """Port, where the address names one."""
        return urlsplit(self.address).port

    @property
    def database(self) -> str:
        """The database on its server."""
        return unquote(urlsplit(self.address).path.strip("/"))

    @property
    def file(self) -> Path:
        """The file of a SQLite database."""
        return Path(unquote(urlsplit(self.address).path))

    def _check_address(self) -> None:
        parts = parts_of(
            self.address,
            f"database {self.name}: address is none; write mysql://host[:port]/database",
        )
        if parts.username is not None or parts.password is not None:
            raise ValueError(
                f"database {self.name}: address holds a login; write user:password into a file of "
                "mode 0600, name it in login_file, and leave it out of the address"
            )
        known = parts.scheme.lower() in list(Server)
        is_file = parts.scheme.lower() == Server.SQLITE
        if not known or bool(parts.hostname) is is_file or not parts.path.strip("/"):
            raise ValueError(
                f"database {self.name}: address must be mysql://host/database, "
                "mariadb://host/database, postgresql://host/database or sqlite:///path"
            )

    def _check_times(self) -> None:
        waits = ("poll_s", "sweep_s", "statement_timeout_s", "connect_timeout_s")
        check_above_zero(f"database {self.name}", self, *waits)
        if self.history_days < 0 or not 0 <= self.overlap_s <= self.look_back_s:
            raise ValueError(
                f"database {self.name}: history_days must be 0 or more, and overlap_s between 0 "
                "and look_back_s"
            )


def database_login(
    settings: TillDatabaseSettings, environment: Mapping[str, str] = os.environ
) -> Login:
    """Who reads, from the file or the variable that the settings name; nobody without either.

    Raises:
        BadConfiguration: what is named cannot be read or holds no login; quotes nothing of it.
    """
    if settings.login_file is not None:
        text, place = _text_of(settings.login_file), str(settings.login_file)
    elif settings.login_variable:
        text, place = environment.get(settings.login_variable, ""), settings.login_variable
    else:
        return Login()
    user, colon, password = text.strip().partition(":")
    if not (user and colon):
        raise BadConfiguration(f"{place}: holds no login; write user:password into it")
    return Login(user, password)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadConfiguration(
            f"{path}: {reason}; write user:password into it and let only the agent's user read it"
        ) from None

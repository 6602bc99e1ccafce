"""The same access rules for Mosquitto: the text of its ``acl_file`` and ``password_file``.

For those who run a broker of their own. Mosquitto reads both again on SIGHUP; its configuration
should hold ``use_username_as_clientid true``, so that no device can take another's session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cloud.broker.access_rules import access_of
from cloud.broker.logins import Login, one_each


def acl_file(logins: Iterable[Login]) -> str:
    """The rules, one block per user; raises InvalidLogin when two logins share a name."""
    return "\n".join(_block(login) for login in one_each(logins))


def password_file(logins: Iterable[Login]) -> str:
    """One line per user; Mosquitto wants it readable by its own user alone."""
    return "".join(f"{login.name}:{login.secret.pbkdf2}\n" for login in one_each(logins))


def write_files(folder: Path, logins: Sequence[Login]) -> None:
    """Write both, ``acl`` and ``passwords``, for our own user alone; raises OSError."""
    for name, text in (("acl", acl_file(logins)), ("passwords", password_file(logins))):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def _block(login: Login) -> str:
    access = access_of(login)
    lines = [f"user {login.name}"]
    lines += [f"topic write {topic}" for topic in access.publish]
    lines += [f"topic read {topic}" for topic in access.subscribe]
    return "\n".join(lines) + "\n"

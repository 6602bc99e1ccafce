"""The pages that a box serves to people beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TabletSettings:
    """The guide's page.

    Attributes:
        enabled: whether this box serves it.
        host: an address of this box alone (the page knows no sign-in yet).
        port: TCP port.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 8090


@dataclass(frozen=True, slots=True)
class StatusSettings:
    """The status page, also on a box without the guide's page.

    Attributes:
        enabled: whether this box serves ``/status`` and ``/metrics``, at tablet.host and
            tablet.port; the guide's page may be off.
        look_s: how often the agent looks for what is wrong with it, and writes down how it is for
            ``lianke-agent status``.
    """

    enabled: bool = True
    look_s: float = 15.0

    def __post_init__(self) -> None:
        """Looking all the time would be all that the box does."""
        if self.look_s < 1.0:
            raise ValueError(f"look_s must be at least 1, not {self.look_s}")

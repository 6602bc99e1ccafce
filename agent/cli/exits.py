"""What the exit codes mean, and which error ends with which."""

from __future__ import annotations

from typing import Final

from agent.errors import AgentError, BadConfiguration, InvalidInput, TransientError
from models.vault.errors import VaultError

FAULT_FOUND: Final = 1
BAD_INPUT: Final = 2
CONFIGURATION: Final = 3
DEVICE: Final = 4
TRY_LATER: Final = 75
INTERRUPTED: Final = 130


def exit_code(error: AgentError | VaultError) -> int:
    """The exit code for an error, by what it asks a person to do."""
    if isinstance(error, BadConfiguration):
        return CONFIGURATION
    if isinstance(error, InvalidInput):
        return BAD_INPUT
    if isinstance(error, TransientError):
        return TRY_LATER
    return DEVICE

"""What the exit codes mean, and which error ends with which."""

from __future__ import annotations

from typing import Final

from cloud.errors import BadConfiguration, InvalidInput, TransientError
from models.wire.errors import BadIdentifier

EXIT_NOT_POSSIBLE: Final = 2
EXIT_CONFIGURATION: Final = 3
EXIT_SERVICE: Final = 4
EXIT_TRY_LATER: Final = 75


def exit_code(error: Exception) -> int:
    """The exit code for an error, by what it asks a person to do."""
    if isinstance(error, BadConfiguration):
        return EXIT_CONFIGURATION
    if isinstance(error, (InvalidInput, BadIdentifier)):
        return EXIT_NOT_POSSIBLE
    return EXIT_TRY_LATER if isinstance(error, TransientError) else EXIT_SERVICE

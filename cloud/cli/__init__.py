"""``lianke-cloud``: serve, and the work of an operator.

Exit codes: 0 all is well; 2 the command line is wrong, or what was asked for does not exist; 3 the
configuration is wrong; 4 the service needs a person; 75 try again later.
"""

from cloud.cli.exits import EXIT_TRY_LATER
from cloud.cli.program import app, main

__all__ = ["EXIT_TRY_LATER", "app", "main"]

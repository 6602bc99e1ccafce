"""``lianke-agent``: run the agent, and look at it.

Exit codes: 0 all is well; 1 a check found a fault (doctor, status --check); 2 input was quarantined
or cannot be read, or the command line is wrong; 3 the configuration is wrong; 4 the device needs a
person; 75 try again later; 130 interrupted.
"""

from agent.cli.program import app, main

__all__ = ["app", "main"]

"""amqtt as a process of its own, with a login and access rules per device, for the comparison.

    python -m tests.bench.amqtt_server <settings.json>

The settings hold ``port``, ``password_file`` and two maps from user to topic filters.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

from amqtt.broker import Broker


def configuration(settings: dict[str, Any]) -> dict[str, Any]:
    """The broker's own configuration."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{settings['port']}"}},
        "plugins": {
            "amqtt.plugins.authentication.FileAuthPlugin": {
                "password_file": settings["password_file"]
            },
            "amqtt.plugins.topic_checking.TopicAccessControlListPlugin": {
                "publish_acl": settings["publish"],
                "acl": settings["subscribe"],
            },
        },
    }


async def serve(settings: dict[str, Any]) -> None:
    """Serve until the process is ended."""
    await Broker(configuration(settings)).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text())))

"""A program in a watcher's place, which does what its arguments say, in order.

    python watcher_program.py say '{"type":"ended"}' wait 0.5 quit 3

``job`` says back which network its job named, ``stay`` waits until its input closes, ``silent``
waits for ever. From ``polite`` on, SIGTERM makes it say that it has left and go; ``stubborn`` does
not hear it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping


def say(text: str) -> None:
    """A line."""
    os.write(1, text.encode() + b"\n")


def leave(*_: object) -> None:
    """The last word."""
    say(json.dumps({"type": "left"}))
    os._exit(0)


def main(words: list[str]) -> None:
    """Read the job, then do what is asked."""
    network = json.loads(sys.stdin.readline())["network"]["name"]
    alone: Mapping[str, Callable[[], object]] = {
        "job": lambda: say(json.dumps({"type": "failed", "kind": "lost", "message": network})),
        "stay": sys.stdin.read,
        "silent": lambda: time.sleep(60),
        "polite": lambda: signal.signal(signal.SIGTERM, leave),
        "stubborn": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
        "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
    }
    with_word: Mapping[str, Callable[[str], object]] = {
        "say": say,
        "mumble": lambda text: os.write(1, text.encode()),
        "wait": lambda seconds: time.sleep(float(seconds)),
        "quit": lambda code: os._exit(int(code)),
    }
    while words:
        word = words.pop(0)
        if word in alone:
            alone[word]()
        else:
            with_word[word](words.pop(0))


if __name__ == "__main__":
    main(sys.argv[1:])

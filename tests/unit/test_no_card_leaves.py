"""A till's day with cards planted wherever somebody could leave them; then every output is read.

Events, the outbox's file, the archive, the quarantine with its notes, log lines and metrics.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from agent.capture.intake import Intake
from agent.capture.pos import Spool, SpoolSettings
from agent.capture.pos.keeping import Keeping
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.capturing import DEVICE, SHANGHAI, reader
from tests.simulators.clocks import HandClock
from tests.simulators.outbox_parts import Premises, take
from tests.simulators.planted_cards import PUBLISHED, TRACKS, luhn_digit
from tests.simulators.till import ShopDay

SETTLE_S = 2.0
WALLET_CODES = ("134567890123456789", "281234567890123456", "2512345678901234")


class Planter:
    """Puts another number into each file, in another place and writing, and remembers it."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.numbers: list[str] = []
        self.codes: list[str] = []

    def number(self) -> str:
        prefix = self._random.choice(("4", "51", "62", "2221", "6011", "3528"))
        body = prefix + "".join(self._random.choices("0123456789", k=15 - len(prefix)))
        self.numbers.append(body + luhn_digit(body))
        return self.numbers[-1]

    def written(self) -> str:
        number = self.number()
        separator = self._random.choice(("", " ", "-", "  "))
        written = separator.join(number[at : at + 4] for at in range(0, 16, 4))
        wide = written.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        return wide if self._random.random() < 0.2 else written

    def plant(self, xml: str) -> str:
        places: tuple[Callable[[str], str], ...] = (
            lambda text: self._behind(text, r"<Description[^>]*>"),
            lambda text: self._behind(text, r"<ReasonCode[^>]*>"),
            lambda text: text.replace("<EndDateTime>", f"<!-- {self.written()} --><EndDateTime>"),
            lambda text: text.replace("</Tender>", f"{self._payment()}</Tender>"),
            lambda text: text.replace(
                "</RetailTransaction>", f"{self._image()}</RetailTransaction>"
            ),
            lambda text: text.replace("</LineItem>", f"<Note t='{self.written()}'/></LineItem>", 1),
            lambda text: text.replace(
                "</ExtendedAmount>", f" {self.written()}</ExtendedAmount>", 1
            ),
            lambda text: text.replace("</Sale>", f" {self.written()} ", 1),
            lambda text: text.replace("</TransactionStatus", f"{self.written()}</Trans", 1),
            lambda text: text.replace("<ItemID>", f"<ItemID>{self._random.choice(TRACKS)}", 1),
        )
        for place in self._random.sample(places, 3):
            xml = place(xml)
        return xml

    def _behind(self, text: str, pattern: str) -> str:
        return re.sub(pattern, lambda found: f"{found[0]}{self.written()} ", text, count=2)

    def _payment(self) -> str:
        code = self._random.choice(WALLET_CODES)
        self.codes.append(code)
        return (
            f"<CreditDebit><PrimaryAccountNumber>{self.number()}</PrimaryAccountNumber>"
            f"<CVV2>737</CVV2></CreditDebit><Authorization><AuthorizationCode>{code}"
            "</AuthorizationCode></Authorization>"
        )

    def _image(self) -> str:
        receipt = f"欢迎光临\n{'-' * 32}\n卡号 {self.written()}\n合计 12.00\n谢谢惠顾\n"
        return f"<ReceiptImage>{base64.b64encode(receipt.encode()).decode()}</ReceiptImage>"


class Box:
    """A till's folder, an agent's disk, and everything that it says."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "till"
        self.folder.mkdir()
        self.premises = Premises(root / "box")
        self.outbox = self.premises.open()
        self.registry = CollectorRegistry()
        self.keeping = Keeping(root / "data", BlobSealer(MasterKey(b"k" * 32), "files"), SHANGHAI)
        self.clock = HandClock()
        self.spool = Spool(
            self.folder,
            DEVICE.device,
            reader=reader("lianke-till"),
            sink=Intake(self.outbox, lambda _sale: None, self.registry),
            keeping=self.keeping,
            clock=self.clock,
            settings=SpoolSettings(settle_s=SETTLE_S),
        )

    def work(self) -> list[str]:
        """Take everything; returns what was logged."""
        with capture_logs() as lines:
            self.spool.step()
            self.clock.move(SETTLE_S)
            self.spool.step()
        return [repr(line) for line in lines]

    def outputs(self) -> Iterator[tuple[str, bytes]]:
        """Everything that is left, by name."""
        lease = take(self.outbox, max_events=10_000)
        assert lease is not None
        yield from (("event", body) for body in lease.events)
        yield "metrics", generate_latest(self.registry)
        for path in self.root.rglob("*"):
            if path.is_file():
                yield path.name, path.read_bytes() + path.name.encode()
            if path.suffix == ".sealed":
                yield path.name, self.keeping.open(path)

    def close(self) -> None:
        self.outbox.close()
        self.premises.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    yield box
    box.close()


@pytest.mark.parametrize("seed", [3, 4])
def test_of_a_day_with_cards_everywhere_no_output_holds_one(box: Box, seed: int) -> None:
    planter = Planter(seed)
    for number, delivery in enumerate(ShopDay(seed=seed, sales=60).deliveries(batch_size=4)):
        planted = planter.plant(delivery.xml().decode())
        name = f"{number:03d}-{planter.number() if number % 9 == 0 else ''}.xml"
        (box.folder / name).write_bytes(planted.encode())
    logged = box.work()
    assert box.spool.status.captured_sales > 20
    assert box.spool.status.quarantined > 5
    assert len(planter.numbers) > 40
    assert list(box.folder.rglob("*.xml")) == []
    written = [("log", line.encode()) for line in logged]
    for name, content in [*written, *box.outputs()]:
        leaked = leaks_of(content, planter)
        assert not leaked, f"{name} holds {len(leaked)} planted numbers"


def leaks_of(content: bytes, planter: Planter) -> list[str]:
    """Which of what was planted can be read in an output, also in base64 and in other writings."""
    plain = content + b"".join(_unpacked(content))
    text = plain.decode(errors="replace")
    wide = str.maketrans("０１２３４５６７８９", "0123456789", " -\n")
    digits = text.translate(wide)
    secrets = [number[:-4] for number in planter.numbers] + planter.codes
    secrets += [PUBLISHED["visa"][:-4], PUBLISHED["unionpay"][:-4], ">737<", "DOE/JOHN"]
    return [secret for secret in secrets if secret in digits]


def _unpacked(content: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"<ReceiptImage>([^<]+)<", content):
        yield base64.b64decode(found[1])

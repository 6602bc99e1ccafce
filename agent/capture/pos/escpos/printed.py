"""What comes out of a printer, as facts: text, codes, pictures, cuts, and what was not understood.

Receipts name people and may hold card digits, so nothing here shows its content when printed.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Justify(StrEnum):
    """Where a line stands on the paper."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Style(Struct, frozen=True):
    """How text stands on the paper; ``width`` is the magnification, 1 to 8."""

    justify: Justify = Justify.LEFT
    emphasis: bool = False
    width: int = 1
    small: bool = False


class Line(Struct, frozen=True):
    """Text with a line feed behind it; on a receipt, one line as a cashier reads it.

    Attributes:
        text: columns are kept; what is printed twice as wide is not stretched.
        style: on a receipt, of its first visible text.
        doubtful: it follows an unknown command, so its first characters may be operands.
    """

    text: str
    style: Style
    doubtful: bool = False

    def __repr__(self) -> str:
        """Without the content."""
        return f"Line({len(self.text)} characters)"


class Piece(Struct, frozen=True):
    """Text of a line that goes on; see ``Line``."""

    text: str
    style: Style
    doubtful: bool = False

    def __repr__(self) -> str:
        """Without the content."""
        return f"Piece({len(self.text)} characters)"


class Feed(Struct, frozen=True):
    """The paper moves: so many lines, or as little as makes a new line (0)."""

    lines: int


class Move(Struct, frozen=True):
    """What follows is printed at a column: from the line's beginning, or relative to here."""

    dots: int
    relative: bool


class Tabs(Struct, frozen=True):
    """Tab stops, as columns in ascending order."""

    columns: tuple[int, ...]


class CodeKind(StrEnum):
    """What kind of code was printed; ``OTHER`` where only its content is known."""

    UPC_A = "upc_a"
    UPC_E = "upc_e"
    EAN_13 = "ean_13"
    EAN_8 = "ean_8"
    CODE_39 = "code_39"
    ITF = "itf"
    CODABAR = "codabar"
    CODE_93 = "code_93"
    CODE_128 = "code_128"
    GS1_128 = "gs1_128"
    DATABAR = "databar"
    QR = "qr"
    PDF_417 = "pdf_417"
    MAXI_CODE = "maxi_code"
    COMPOSITE = "composite"
    AZTEC = "aztec"
    DATA_MATRIX = "data_matrix"
    OTHER = "other"


class Code(Struct, frozen=True):
    """A bar code or two-dimensional code, with what a scanner would read."""

    kind: CodeKind
    content: str

    def __repr__(self) -> str:
        """Without the content: payment codes are secrets."""
        return f"Code({self.kind.value}, {len(self.content)} characters)"


class Raster(Struct, frozen=True):
    """A picture, of which only the size is known; 0 where the printer has it stored."""

    size: int


class Settings(Struct, frozen=True):
    """What a printer was told earlier and what it therefore does with the next receipt.

    Attributes:
        style: as bits (``styles``).
        page: number of the code page.
        nation: number of the national set.
        double_byte: whether two bytes make a character.
        utf8: whether text is UTF-8, whatever the rest says.
        prints: False while the till talks to a display behind the printer.
    """

    style: int
    page: int
    nation: int
    double_byte: bool
    utf8: bool = False
    prints: bool = True


class Cut(Struct, frozen=True):
    """The paper is cut; ``at`` is the first byte behind the command."""

    at: int
    settings: Settings


class Initialised(Struct, frozen=True):
    """The printer forgets its settings; ``at`` is the first byte behind the command."""

    at: int
    settings: Settings


class Pulse(Struct, frozen=True):
    """The drawer opens."""


class StatusRequest(Struct, frozen=True):
    """The till asks how the printer is."""


class Oddity(Struct, frozen=True):
    """A command that the makers' common reference does not have.

    Attributes:
        opcode: two or three bytes of the command, as ``ESC w``; never what stands around it.
        at: where it first stands.
        vendor: whose it is, where the profile says so and its length is therefore known.
    """

    opcode: str
    at: int
    vendor: str = ""
    count: int = 1


class Torn(Struct, frozen=True):
    """The bytes ended within a command; ``missing`` bytes were announced and never came."""

    missing: int


Thing = (
    Line
    | Piece
    | Feed
    | Move
    | Tabs
    | Code
    | Raster
    | Cut
    | Initialised
    | Pulse
    | StatusRequest
    | Oddity
    | Torn
)
"""One thing printed, or done by the printer."""


class Ending(StrEnum):
    """Why a receipt was taken to be over."""

    CUT = "cut"
    INITIALISED = "initialised"
    PAUSE = "pause"
    CLOSED = "closed"
    LOST = "lost"
    CRASHED = "crashed"


class ReceiptPrint(Struct, frozen=True):
    """One document: what was printed between cuts, initialisations and pauses.

    Attributes:
        begin, end: its bytes in the stream, half open.
        sha256: of exactly these bytes.
        began_with: what the printer had been told before; needed to read these bytes again.
        codes: in the order in which they were printed.
        pictures, picture_bytes: how many, and how much of their data came.
        undefined: characters that the code page does not have; each stands as U+FFFD.
        oddities: unknown and vendors' commands, each once with its count; ``at`` is relative to
            ``begin``.
        torn: it ended within a command; what was printed after is not known.
        clipped: it is longer than a receipt can be, and not all of its text is here.
    """

    begin: int
    end: int
    sha256: str
    began_with: Settings
    ended: Ending
    lines: tuple[Line, ...] = ()
    codes: tuple[Code, ...] = ()
    pictures: int = 0
    picture_bytes: int = 0
    pulses: int = 0
    status_requests: int = 0
    undefined: int = 0
    oddities: tuple[Oddity, ...] = ()
    torn: bool = False
    clipped: bool = False

    @property
    def text(self) -> str:
        """Its lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def image_only(self) -> bool:
        """Whether it is a picture that no text can be read from."""
        return self.pictures > 0 and not any(line.text.strip() for line in self.lines)

    def __repr__(self) -> str:
        """Without the content."""
        return f"ReceiptPrint({self.sha256[:16]}, {len(self.lines)} lines, {self.ended.value})"

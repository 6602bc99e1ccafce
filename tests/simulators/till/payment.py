"""How people pay: phone wallets first, then cash, cards and the odd split bill.

Wallet payments carry what a till really stores: the 18-digit code from the customer's screen
(WeChat 10-15…, Alipay 25-30…) and the platform's 28-digit order number. Bank cards are masked
before the till sees them: first six and last four digits, as card terminals hand them over.
"""

from random import Random
from typing import Final, assert_never

from tests.simulators.till.chance import weighted
from tests.simulators.till.facts import Tender
from tests.simulators.till.vocabulary import Wallet

_HABITS: Final = (
    (Wallet.WECHAT, 47),
    (Wallet.ALIPAY, 34),
    (Wallet.CASH, 13),
    (Wallet.BANK_CARD, 6),
)
_SPLIT_SHARE: Final = 0.03
_SPLIT_MINIMUM_FEN: Final = 1000
_NOTES_FEN: Final = (100, 500, 1000, 2000, 5000, 10000)
_ISSUER_NUMBERS: Final = ("621700", "622848", "623058", "625912")
_CODE_PREFIXES: Final = {
    Wallet.WECHAT: ("10", "11", "12", "13", "14", "15"),
    Wallet.ALIPAY: ("25", "26", "27", "28", "29", "30"),
}


def pay(rng: Random, total_fen: int, *, offline: bool = False) -> tuple[Tender, ...]:
    """Settle a positive total exactly; without a network only cash works."""
    if offline:
        return (_cash(rng, total_fen),)
    if total_fen >= _SPLIT_MINIMUM_FEN and rng.random() < _SPLIT_SHARE:
        return _split(rng, total_fen)
    return (_tender(rng, weighted(rng, _HABITS), total_fen),)


def pay_back(paid: tuple[Tender, ...], total_fen: int) -> tuple[Tender, ...]:
    """Refund a positive total to where the money came from, filling the tenders in order.

    Raises:
        ValueError: more is asked for than was paid.
    """
    refunds: list[Tender] = []
    for tender in paid:
        share_fen = min(total_fen, tender.settled_fen)
        total_fen -= share_fen
        if share_fen:
            refunds.append(_refund(tender, share_fen))
    if total_fen:
        raise ValueError(
            f"refund exceeds what was paid by {total_fen} fen; check the returned lines"
        )
    return tuple(refunds)


def _refund(tender: Tender, amount_fen: int) -> Tender:
    """Refund through the same wallet; no code is scanned to give money back."""
    return Tender(
        tender.wallet,
        amount_fen,
        refund=True,
        reference=tender.reference,
        masked_pan=tender.masked_pan,
    )


def _split(rng: Random, total_fen: int) -> tuple[Tender, ...]:
    """Give some notes first, the rest from a phone."""
    notes_fen = rng.randint(1, (total_fen - 1) // 500) * 500
    wallet = rng.choice((Wallet.WECHAT, Wallet.ALIPAY))
    return Tender(Wallet.CASH, notes_fen), _tender(rng, wallet, total_fen - notes_fen)


def _tender(rng: Random, wallet: Wallet, amount_fen: int) -> Tender:
    match wallet:
        case Wallet.CASH:
            return _cash(rng, amount_fen)
        case Wallet.BANK_CARD:
            pan = f"{rng.choice(_ISSUER_NUMBERS)}******{_digits(rng, 4)}"
            code, reference = _digits(rng, 6), _digits(rng, 12)
            return Tender(wallet, amount_fen, 0, False, code, reference, pan)
        case Wallet.ALIPAY | Wallet.WECHAT:
            code = rng.choice(_CODE_PREFIXES[wallet]) + _digits(rng, 16)
            reference = ("42" if wallet is Wallet.WECHAT else "20") + _digits(rng, 26)
            return Tender(wallet, amount_fen, 0, False, code, reference)
        case _:
            assert_never(wallet)


def _cash(rng: Random, amount_fen: int) -> Tender:
    """Hand over the exact amount, or round up to a note and get change."""
    note_fen = rng.choice((0, *_NOTES_FEN))
    given_fen = -(-amount_fen // note_fen) * note_fen if note_fen else amount_fen
    return Tender(Wallet.CASH, given_fen, given_fen - amount_fen)


def _digits(rng: Random, count: int) -> str:
    return f"{rng.randrange(10**count):0{count}d}"

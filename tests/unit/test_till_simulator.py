"""The till simulator keeps its word about files, pace, truth and command line.

The laws that hold for every seed are in `tests/properties/test_till_day.py`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import phonenumbers
import pytest

from tests.simulators.till import (
    Delivery,
    Player,
    Purpose,
    ShopDay,
    SystemPlayerClock,
    poslog_batch_xml,
    poslog_xml,
)
from tests.simulators.till.__main__ import main
from tests.unit.till_reading import NS, fen_of, read_day, read_files, retail_of, status_counts


def test_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (
        [(d.file_name, d.due_at, d.xml()) for d in ShopDay(seed, sales=60).deliveries()]
        for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


@pytest.fixture(scope="module")
def full_day() -> ShopDay:
    return ShopDay(seed=7)


def test_a_full_day_has_a_thousand_receipts_and_three_peaks(full_day: ShopDay) -> None:
    truth = full_day.truth
    assert truth.retail > 1000
    hours = {hour: figures.sales for hour, figures in truth.by_hour.items()}
    assert min(hours[8], hours[12], hours[18]) > 1.5 * max(hours[10], hours[14], hours[22])
    assert truth.by_status["post_void"] > 1
    assert any(member.visits > 3 for member in truth.members.values())
    assert {"01", "02", "03"} == set(truth.last_sequence)


def test_a_full_day_shows_every_means_of_payment_and_measure(full_day: ShopDay) -> None:
    written = b"".join(delivery.xml() for delivery in full_day.deliveries()).decode()
    for sign in (
        *(f"<TenderID>{wallet}</TenderID>" for wallet in ("ALIPAY", "WECHAT", "CASH", "BANKCARD")),
        *(f'UnitOfMeasureCode="{unit}"' for unit in ("EA", "kg", "斤")),
        *(f'MethodCode="{method}"' for method in ("CustomerPrice", "PriceRule", "Markdown")),
        *("<TenderChange>", "<Percent>9</Percent>", "<NoSale>", "<TillSettle>"),
    ):
        assert sign in written, sign


def test_some_bills_are_split_and_offline_ones_are_paid_in_cash(full_day: ShopDay) -> None:
    tenders = {
        receipt.key: [tender.text for tender in receipt.goods.iterfind(".//p:TenderID", NS)]
        for receipt in retail_of(read_day(full_day))
    }
    assert any(len(wallets) == 2 for wallets in tenders.values())
    offline = [r.key for r in retail_of(read_day(full_day)) if r.offline]
    assert {tuple(tenders[key]) for key in offline} == {("CASH",)}


def test_only_the_oldest_till_leaves_the_transaction_id_out(full_day: ShopDay) -> None:
    receipts = read_day(full_day).values()
    without = {r.key[0] for r in receipts if r.element.find("p:TransactionID", NS) is None}
    ids = [found for r in receipts if (found := r.element.findtext("p:TransactionID", None, NS))]
    assert without == {"03"}
    assert len(ids) == len(set(ids)) > 0


def test_card_numbers_are_masked_before_they_reach_the_file(full_day: ShopDay) -> None:
    for receipt in retail_of(read_day(full_day)):
        for pan in receipt.goods.iterfind(".//p:PrimaryAccountNumber", NS):
            assert pan.text is not None
            assert re.fullmatch(r"\d{6}\*{6}\d{4}", pan.text)


def test_phones_are_possible_mainland_mobiles_in_two_spellings(full_day: ShopDay) -> None:
    phones = [member.phone for member in full_day.truth.members.values() if member.phone]
    for phone in phones:
        number = phonenumbers.parse(phone)
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.number_type(number) is phonenumbers.PhoneNumberType.MOBILE
    printed = {
        r.goods.findtext("p:Customer/p:ContactInformation/p:TelephoneNumber", namespaces=NS)
        for r in retail_of(read_day(full_day))
    }
    assert {len(phone) for phone in printed if phone} == {11, 14}


def test_a_settlement_states_what_its_till_took(full_day: ShopDay) -> None:
    receipts = read_day(full_day)
    taken: Counter[str] = Counter()
    stated: dict[str, int] = {}
    for receipt in receipts.values():
        settlement = receipt.element.find("p:TenderControlTransaction/p:TillSettle", NS)
        if settlement is not None:
            stated[receipt.key[0]] = fen_of(settlement, "p:TotalNetSalesAmount")
        elif receipt.retail is not None and receipt.booked:
            taken[receipt.key[0]] += receipt.total_fen
    assert stated == dict(taken)


def test_a_reprint_is_the_same_bytes_under_another_name_and_adds_nothing(
    full_day: ShopDay,
) -> None:
    originals = {d.xml(): d for d in full_day.deliveries() if d.purpose is not Purpose.REPRINT}
    reprints = [d for d in full_day.deliveries() if d.purpose is Purpose.REPRINT]
    assert len(reprints) == full_day.truth.reprints > 0
    for reprint in reprints:
        original = originals[reprint.xml()]
        assert original.file_name != reprint.file_name
        assert original.due_at < reprint.due_at


def test_a_late_sale_arrives_after_the_last_control_of_the_day(full_day: ShopDay) -> None:
    deliveries = full_day.deliveries()
    late = [delivery for delivery in deliveries if delivery.purpose is Purpose.LATE]
    assert len(late) == full_day.truth.late > 0
    assert deliveries[-len(late) :] == late
    assert len({delivery.file_name for delivery in deliveries}) == len(deliveries)


def test_batches_hold_the_very_transactions_of_the_single_files() -> None:
    day = ShopDay(seed=3, sales=60)
    batches = day.deliveries(batch_size=25)
    assert max(len(batch.transactions) for batch in batches) == 25
    assert len(batches) < len(day.deliveries()) / 10
    assert _inner(batches) == _inner(day.deliveries())


def _inner(deliveries: Iterable[Delivery]) -> list[bytes]:
    """Every `Transaction` element of the files, as bytes, whatever file it came in."""
    content = b"".join(delivery.xml() for delivery in deliveries)
    return sorted(re.findall(rb"<Transaction .*?</Transaction>", content))


def test_one_transaction_is_written_alike_alone_and_in_a_batch() -> None:
    transaction = ShopDay(seed=3, sales=60).transactions[10]
    assert poslog_xml(transaction) == poslog_batch_xml((transaction,))
    assert poslog_xml(transaction).startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<POSLog ")


@dataclass
class _ManualClock:
    now_s: float = 0.0
    slept_s: list[float] = field(default_factory=list)

    def monotonic_s(self) -> float:
        return self.now_s

    def sleep(self, duration_s: float) -> None:
        self.slept_s.append(duration_s)
        self.now_s += duration_s


def test_player_shows_whole_files_only_and_waits_for_its_caller(tmp_path: Path) -> None:
    day = ShopDay(seed=5, sales=50)
    steps = Player(tmp_path, _ManualClock()).play(day.deliveries())
    assert list(tmp_path.iterdir()) == []
    last_ns = 0
    for number, played in enumerate(steps, 1):
        assert len(list(tmp_path.iterdir())) == number
        assert played.path.read_bytes() == played.delivery.xml()
        assert last_ns < played.rename_began_ns < played.renamed_ns
        last_ns = played.renamed_ns
    assert {path.suffix for path in tmp_path.iterdir()} == {".xml"}
    assert dict(day.truth.by_status) == status_counts(
        retail_of(read_files(path.read_bytes() for path in tmp_path.iterdir()))
    )


def test_player_keeps_the_pace_of_the_shop_on_the_given_clock(tmp_path: Path) -> None:
    deliveries = ShopDay(seed=5, sales=50).deliveries()
    clock = _ManualClock(now_s=1000.0)
    for played in Player(tmp_path, clock, speed=60.0, fsync=True).play(deliveries):
        due_s = (played.delivery.due_at - deliveries[0].due_at).total_seconds()
        assert clock.now_s == pytest.approx(1000.0 + due_s / 60)
    assert sum(clock.slept_s) == pytest.approx(clock.now_s - 1000.0)


def test_a_slow_caller_is_not_made_to_wait_as_well(tmp_path: Path) -> None:
    clock = _ManualClock()
    for _ in Player(tmp_path, clock, speed=3600.0).play(ShopDay(seed=5, sales=50).deliveries()):
        clock.now_s += 10_000.0
    assert clock.slept_s == []


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"sales": 49}, "at least 50"),
        ({"sales": 2001, "workstations": 2}, "at least 3"),
        ({"member_count": 0}, "at least 1"),
    ],
)
def test_a_day_that_cannot_be_played_is_refused_with_advice(
    wrong: dict[str, int], advice: str
) -> None:
    with pytest.raises(ValueError, match=advice):
        ShopDay(1, **wrong)  # type: ignore[arg-type]  # the table mixes parameters on purpose


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ShopDay(1, sales=50).deliveries(batch_size=0)


def test_the_busiest_day_a_till_may_have_still_closes_in_time() -> None:
    day = ShopDay(seed=2, sales=1000, workstations=1)
    last_receipt_at = max(r.end_at for r in retail_of(read_day(day)))
    assert last_receipt_at.strftime("%H:%M") <= "01:30"


def test_command_line_writes_files_and_truth_and_prints_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "out"), "--seed", "7", "--sales", "60"]) == 0
    truth = json.loads((tmp_path / "out" / "truth.json").read_text(encoding="utf-8"))
    files = list((tmp_path / "out").glob("*.xml"))
    printed = capsys.readouterr().out
    assert f"{len(files)} files" in printed
    assert len(retail_of(read_files(path.read_bytes() for path in files))) == truth["retail"]
    for member in truth["members"].values():
        for personal in ("phone", "card", "name"):
            assert member[personal] is None or member[personal] not in printed


def test_command_line_refuses_what_makes_no_day(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as refused:
        main([str(tmp_path), "--sales", "3"])
    assert refused.value.code == 2
    assert list(tmp_path.iterdir()) == []


def test_system_clock_goes_forward() -> None:
    clock = SystemPlayerClock()
    before_s = clock.monotonic_s()
    clock.sleep(0.001)
    assert clock.monotonic_s() > before_s

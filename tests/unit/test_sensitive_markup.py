"""Card numbers with markup among their digits, as damage leaves them in XML."""

from __future__ import annotations

import re
from io import BytesIO

import pytest

from agent.capture.pos.document import Document
from agent.capture.pos.sensitive import Context, mask_raw, without_cards
from agent.capture.pos.sensitive.markup import interrupted_writings
from tests.simulators.capturing import real_poslog

CARD = "4111111111111111"
HIDDEN = "************1111"
STRAY = (
    *("<x/>", "<x>", "</x>", '<x a="12"/>', "<x></x>", "<!-- 4 > 3 -->", "<?p 1?>"),
    *("<![CDATA[", "]]>", "]]><![CDATA[", "&#10;", "&#x1f;", "&amp;", "<x>&#32;"),
)


@pytest.mark.parametrize("stray", STRAY)
@pytest.mark.parametrize("field", ["ItemID", "Description", "POSItemID"])
@pytest.mark.parametrize("written", [CARD, "4111 1111 1111 1111"])
def test_what_stands_in_a_card_number_does_not_keep_it(
    stray: str, field: str, written: str
) -> None:
    hidden = re.sub("[0-9](?=(?: ?[0-9]){4})", "*", written)
    for at in range(1, len(written)):
        record = f"<{field}>{written[:at]}{stray}{written[at:]}</{field}>"
        masked = f"<{field}>{hidden[:at]}{stray}{hidden[at:]}</{field}>"
        assert mask_raw(record.encode()).decode() == masked


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_digit_that_is_written_as_a_reference_becomes_that_of_an_asterisk(encoding: str) -> None:
    written = "<ItemID>4&#49;11&#x31;111&#0049;1111111</ItemID>"
    masked = "<ItemID>*&#42;**&#x2a;***&#0042;***1111</ItemID>"
    assert mask_raw(written.encode(encoding)).decode(encoding) == masked


@pytest.mark.parametrize(
    "record",
    [
        "<Number>4111</Number><Quantity>1111</Quantity><Price>1111</Price><Sum>1111</Sum>",
        "<Number>4111</Number> <Quantity>1111</Quantity>\n<Price>11111111</Price>",
        "<a><Number>41111111</Number></a><!-- next --><b><Price>11111111</Price></b>",
        f"<SerialNumber>{CARD[:5]}<x/>{CARD[5:]}</SerialNumber>",
        "<ItemID>4111<x/>111111111112</ItemID>",
        '<x n="4111"/><y n="1111"/><z n="11111111"/>',
    ],
)
def test_numbers_of_elements_side_by_side_and_codes_stay(record: str) -> None:
    assert mask_raw(record.encode()) == record.encode()


@pytest.mark.parametrize("name", ["ncr_acs_small.xml", "ncr_acs_full_nosig.xml.gz"])
def test_in_a_real_day_no_digit_is_lost_however_close_its_elements_stand(name: str) -> None:
    data = real_poslog(name)
    dense = re.sub(rb">\s+<", b"><", data)
    kept = mask_raw(re.sub(rb"(?<=<AuthorizationCode>)[^<]*", b"", dense))
    assert kept == re.sub(rb"(?<=<AuthorizationCode>)[^<]*", b"", dense)
    assert not any(interrupted_writings(each.decode("latin-1")) for each in (data, dense))


@pytest.mark.parametrize("stray", ["<x/>", "<x></x>", "<!-- -->", "<?p?>", "&amp;", "&lt;"])
@pytest.mark.parametrize("at", [1, 8, 15])
def test_of_an_interrupted_number_nothing_is_read(stray: str, at: int) -> None:
    written = f"<ItemID>{CARD[:at]}{stray}{CARD[at:]}</ItemID>"
    log = f"<POSLog><Transaction>{written}</Transaction></POSLog>"
    (record,) = Document(BytesIO(log.encode())).records()
    assert record.element is not None
    read = without_cards(record.element.findtext("ItemID") or "", Context.ITEM)
    assert re.sub("[^0-9*]", "", read) in (HIDDEN, HIDDEN[:at])


def test_only_what_stands_among_text_is_taken_for_damage() -> None:
    parts = f"<a>{CARD[:8]}</a> <b>{CARD[8:]}</b>"
    log = f"<POSLog><Transaction><Note>{parts}</Note></Transaction></POSLog>"
    (record,) = Document(BytesIO(log.encode())).records()
    assert record.element is not None
    assert record.element.findtext("Note/b") == CARD[8:]

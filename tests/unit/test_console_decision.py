"""Why a member is one, in the words of both languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from cloud import console
from cloud.console.decision import said
from cloud.members import Step
from cloud.members.identity_log import Change
from cloud.members.ownership import Reason
from models.shown.words import Language, Words
from models.wire.ids import EventId, OneId

LOCALES = Path(str(console.__file__)).parent / "locales"
OTHER = OneId("659d69eb-7c40-508a-a270-8d53014fabeb")


def a_step(
    change: Change, *, reason: Reason | None = None, other: OneId | None = None, gained: bool = True
) -> Step:
    return Step(
        at=datetime(2026, 11, 22, tzinfo=UTC),
        change=change,
        event_id=EventId("e"),
        store="sh-0001",
        actor="rules",
        rule_version="1",
        identifier="card",
        programme="house",
        strength="verified",
        by_sale=True,
        reason=reason,
        other=other,
        gained=gained,
    )


@pytest.mark.parametrize("language", list(Language))
def test_every_decision_has_its_sentence(language: Language) -> None:
    words = Words.load(LOCALES, language)
    cases = product(Change, [None, *Reason], [None, OTHER], [True, False])
    for change, reason, other, gained in cases:
        sentence = said(
            a_step(change, reason=reason, other=other, gained=gained), "静安寺店", words
        )
        assert sentence.endswith((".", "。"))
        assert "{" not in sentence


def test_a_chinese_reader_meets_no_english() -> None:
    words = Words.load(LOCALES, Language.ZH)
    step = a_step(Change.REASSIGNED, reason=Reason.LONG_SILENCE, other=OTHER)
    sentence = said(step, "静安寺店", words)
    assert sentence == f"会员卡（house）从会员 {OTHER} 转入：长期无人使用之后才重新验证。"
    assert not re.search("[a-z]{3,} [a-z]{3,}", sentence)


def test_who_gave_it_away_and_who_got_it_read_two_sides_of_one_decision() -> None:
    words = Words.load(LOCALES, Language.EN)
    got, gave = (
        said(a_step(Change.REASSIGNED, other=OTHER, gained=gained), "Jing'an", words)
        for gained in (True, False)
    )
    assert "taken over from" in got
    assert "went to" in gave

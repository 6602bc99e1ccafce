"""A decision about a member in the words of whoever reads it."""

from __future__ import annotations

from cloud.members import Step
from cloud.members.identity_log import Change
from models.shown.words import Words


def said(step: Step, store: str, words: Words) -> str:
    """What was decided and why; ``store`` is the store's name."""
    return words(
        f"why.{_case(step)}",
        what=_identifier(step, words),
        source=words("why.by_sale" if step.by_sale else "why.by_registration"),
        store=store,
        strength=words(f"strength.{step.strength}") if step.strength else "",
        other=step.other or "",
        reason=words(f"why.{step.reason}" if step.reason else "why.no_reason"),
    )


def _case(step: Step) -> str:
    if step.change is Change.REASSIGNED:
        return "taken_over" if step.gained else "given_away"
    if step.change is Change.CONFLICT and step.other:
        return "conflict_with"
    return step.change.value


def _identifier(step: Step, words: Words) -> str:
    kind = words(f"why.{step.identifier or 'identifier'}")
    if not step.programme:
        return kind
    return words("why.of_programme", kind=kind, programme=step.programme)

"""An audit's score as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from agent.capture.footfall.audit.score import Figure, Score, Tally, Windows
from agent.capture.footfall.counting.line import Direction

_MINUTE_S = 60


def table(score: Score) -> str:
    """A row per line and direction, their sum, and what it means for the counts of a day."""
    return "\n".join(_rows(score))


def _rows(score: Score) -> Iterator[str]:
    tallies = {
        f"{line} {direction}": tally
        for line, directions in score.lines.items()
        for direction, tally in directions.items()
    }
    if len(score.lines) > 1:
        tallies |= {f"all {direction}": score.directions[direction] for direction in Direction}
    tallies["all"] = score.total
    widest = max(map(len, tallies))
    yield f"{'':{widest}}  {'seen':>5}  {'told':>5}  {'hits':>5}  recall             precision"
    for name, tally in tallies.items():
        yield f"{name:{widest}}  {_row(tally)}"
    yield f"F1 {_share(score.total.f1)}, bias {_signed(score.total.bias)}"
    for windows in score.windows:
        yield _of_windows(windows)
    if score.groups is not None:
        yield f"groups: {_of_windows(score.groups)}"
    if score.staff is not None:
        yield (
            f"staff, of the crossings that were told: {score.staff.seen} seen, {score.staff.told} "
            f"told; recall {_share(score.staff.recall)}, precision {_share(score.staff.precision)}"
        )
    yield (
        f"people inside: off by {score.drift.at_end:+d} at the end, by {score.drift.greatest} at "
        f"most, {score.drift.per_hour:+.1f} an hour"
    )
    yield from _how_seen(score)


def _row(tally: Tally) -> str:
    counts = f"{tally.seen:5}  {tally.told:5}  {tally.hits:5}"
    return f"{counts}  {_share(tally.recall):17}  {_share(tally.precision)}"


def _of_windows(windows: Windows) -> str:
    length = windows.window_s // _MINUTE_S
    return (
        f"WAPE of {length} min {_share(windows.wape)}, {windows.windows} windows, "
        f"{windows.empty} of them empty"
    )


def _how_seen(score: Score) -> Iterator[str]:
    watched = (
        f"{score.watched_s / _MINUTE_S:.1f} min watched, a mark within {score.tolerance_s:g} s"
    )
    late = (
        "" if score.late_s is None else f", the counter {score.late_s:+.1f} s later than the marks"
    )
    yield watched + late
    if score.arguable:
        yield f"{score.arguable} marks could be argued about and count neither way"
    if score.events_needed is not None:
        yield (
            f"about {score.events_needed} crossings in all would tell recall and precision to "
            f"± 2 points; there were {score.total.seen}"
        )


def _share(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{figure.value:.3f}{_between(figure, '.3f')}"


def _signed(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{figure.value:+.1%}{_between(figure, '+.1%')}"


def _between(figure: Figure, form: str) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f" ({figure.low:{form}}–{figure.high:{form}})"

"""The figures by which a camera's sight is judged: grey levels of 0-255, shares, seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SightTuning:
    """The same for every camera; found on the reference clips (docs/explanation/footfall.md).

    Attributes:
        look_every_s: lenses are not covered in a blink, and a look costs more than none.
        hole_s: looks further apart than this say nothing about the time between them.
        dark_level: below this mean, and
        dark_spread: below this difference of the lightest and the darkest twentieth, the network
            finds less than nine of ten people whom it finds by day.
        light_again: a lit picture exceeds both by this factor.
        black_level: below this mean nothing is told of a lens: it may be covered or in the dark.
        dark_after_s: before it counts as dark, and before it counts as light again.
        bare_slope: a picture whose neighbouring cells differ by less shows nothing at all: a
            covered lens, where nobody was seen before; else a bare floor.
        textured_slope: a tile of the scene whose cells differ by more has texture to lose.
        lost_share: of its texture, relative to brightness, that a covered tile keeps at most.
        lost_tiles: so many of the textured tiles are covered when the lens is.
        fewest_tiles: of a scene with fewer textured tiles nothing is told, unless it shows nothing.
        blocked_after_s: nobody stands before the lens for so long without moving.
        frozen_after_s: the same picture to the last bit; no sensor is so quiet, and codecs that
            send nothing where nothing moves send a new whole picture sooner.
        frozen_stamped_after_s: the same, where the camera's own time stands still, too.
        relieved_after_s: a trouble is over when nothing is seen of it for so long.
        compare_every_s: comparing two views is the dearest part of a look.
        learn_s: before a camera's view is known well enough to tell that it moved.
        view_step: grey levels by which a look may change what is taken for the background now.
        first_step: likewise what the camera's view is remembered as, in its first minutes;
        last_step: and later: lights and shelves change within an hour, a knock within a second.
        first_looks: how many looks these first minutes are.
        gain: parts of a view that fit so much better a little aside have moved,
        fit: where they fit as well as this; correlation, 1 is the same;
        together: when so large a share of them agrees in one movement
        shift: of so many cells, each a sixty-fourth of the picture's width.
        strange: a view that fits worse than this is another one altogether.
        moved_after_s: how long it must fit better aside, and how long not, to be back.
        strange_after_s: how long it must not fit; shutters and crowds fill a view, too.
    """

    look_every_s: float = 0.5
    hole_s: float = 5.0
    dark_level: float = 32.0
    dark_spread: float = 22.0
    light_again: float = 1.2
    black_level: float = 6.0
    dark_after_s: float = 10.0
    bare_slope: float = 0.8
    textured_slope: float = 3.0
    lost_share: float = 0.3
    lost_tiles: float = 0.7
    fewest_tiles: int = 4
    blocked_after_s: float = 8.0
    frozen_after_s: float = 20.0
    frozen_stamped_after_s: float = 8.0
    relieved_after_s: float = 5.0
    compare_every_s: float = 1.0
    learn_s: float = 20.0
    view_step: float = 4.0
    first_step: float = 0.4
    last_step: float = 0.04
    first_looks: int = 150
    gain: float = 0.08
    fit: float = 0.5
    together: float = 0.6
    shift: float = 0.6
    strange: float = 0.35
    moved_after_s: float = 8.0
    strange_after_s: float = 60.0


DEFAULTS: Final = SightTuning()

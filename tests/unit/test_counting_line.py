"""Lines as they are written, and lines that cannot be."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agent.capture.footfall.counting.line import Line
from agent.errors import BadLine


def test_a_line_is_read_as_on_the_command_line() -> None:
    assert Line.parse("door=300,150,300,420") == Line("door", 300, 150, 300, 420)


def test_blanks_and_fractions_are_taken() -> None:
    assert Line.parse(" side door = 0.5, 1e2 ,3,4 ") == Line("side door", 0.5, 100, 3, 4)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "door",
        "door=",
        "=1,2,3,4",
        "door=1,2,3",
        "door=1,2,3,4,5",
        "door=1,2,3,x",
        "a=b=1,2,3,4",
    ],
)
def test_what_is_no_line_is_refused_with_the_form(written: str) -> None:
    with pytest.raises(BadLine, match=r"NAME=x1,y1,x2,y2|not four numbers"):
        Line.parse(written)


@pytest.mark.parametrize("written", ["door=1,2,1,2", "door=nan,2,3,4", "door=1,2,inf,4"])
def test_a_line_needs_a_length_and_finite_ends(written: str) -> None:
    with pytest.raises(BadLine, match="line door"):
        Line.parse(written)


def test_the_pictures_border_is_inside_it() -> None:
    Line.parse("door=0,0,768,432").check_within((768, 432))


@pytest.mark.parametrize("written", ["door=-1,0,5,5", "door=5,5,769,0", "door=5,5,9,433"])
def test_a_line_outside_the_picture_is_refused_with_the_pictures_size(written: str) -> None:
    with pytest.raises(BadLine, match="lies outside the picture, which is 768 wide and 432 high"):
        Line.parse(written).check_within((768, 432))


def test_lines_need_no_numpy() -> None:
    """The running agent knows lines and must stay light."""
    program = (
        "import sys, agent.capture.footfall.counting.line;"
        "sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

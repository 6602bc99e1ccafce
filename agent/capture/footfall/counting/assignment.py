"""The cheapest one-to-one answer, by scipy's solver without the rest of scipy's optimizers.

``scipy.optimize`` costs a watcher 43 MB and a third of a second of processor at its import, of
which one compiled function is needed. That function is loaded alone.
"""

from __future__ import annotations

from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

_MODULE: Final = "scipy.optimize._lsap"


class Solver(Protocol):
    """Rows and columns of the cheapest pairs of a cost matrix; neither repeats."""

    def __call__(self, cost: NDArray[np.float64], /) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Solve it."""
        ...


@cache
def solver() -> Solver:
    """Scipy's ``linear_sum_assignment``; by its usual way where scipy keeps it elsewhere."""
    folder = Path(scipy.__file__).parent / "optimize"
    spec = PathFinder.find_spec(_MODULE, [str(folder)])
    if spec is None or spec.loader is None:
        from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - it is dear

        usual: Solver = linear_sum_assignment
        return usual
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    alone: Solver = module.linear_sum_assignment
    return alone

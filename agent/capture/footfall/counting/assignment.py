"""The cheapest one-to-one answer, by scipy's solver without the rest of scipy.

``scipy.optimize`` costs a watcher 45 MB and a third of a second of processor at its import, and one
compiled function of it is needed, which leans on numpy alone. So only that is loaded.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

_MODULE: Final = "scipy.optimize._lsap"


class Solver(Protocol):
    """Finds the cheapest pairs of rows and columns."""

    def __call__(self, cost: NDArray[np.float64], /) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and, beside them, columns of a cost matrix's cheapest pairs; neither repeats."""
        ...


def _load() -> Solver:
    """Scipy's ``linear_sum_assignment``; in its usual way where scipy keeps it elsewhere."""
    spec = _alone()
    if spec is None or spec.loader is None:
        from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - it is dear

        usual: Solver = linear_sum_assignment
        return usual
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    alone: Solver = module.linear_sum_assignment
    return alone


def _alone() -> ModuleSpec | None:
    """Where the compiled module lies; finding it imports nothing."""
    scipy = find_spec("scipy")
    if scipy is None or not scipy.submodule_search_locations:
        return None
    folders = [str(Path(each) / "optimize") for each in scipy.submodule_search_locations]
    return PathFinder.find_spec(_MODULE, folders)


linear_sum_assignment: Final = _load()
"""An import in all but form."""

"""The sale as it stands now: the current revision of every transaction, and figures from it.

``standing`` decides what a transaction is worth (pure), ``row`` turns an event into a row (pure),
``fold`` keeps the table in step with the ledger, ``figures`` reads it. Nothing here is the truth:
the table can be rebuilt from the ledger at any time.
"""

from cloud.sales.figures import DayFigure, Figures, HourFigure, SaleFigure
from cloud.sales.fold import SalesFold
from cloud.sales.standing import Standing

__all__ = ["DayFigure", "Figures", "HourFigure", "SaleFigure", "SalesFold", "Standing"]

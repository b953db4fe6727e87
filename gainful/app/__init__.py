"""The composition root: the one room that knows every other and puts them together."""

from gainful.app.gainful import Gainful, NothingToUndo
from gainful.app.reports import CorrectionReport, TriageReport, TriageRow, UndoReport
from gainful.jobs.digest.brief import Brief

__all__ = ["Brief", "CorrectionReport", "Gainful", "NothingToUndo", "TriageReport", "TriageRow", "UndoReport"]

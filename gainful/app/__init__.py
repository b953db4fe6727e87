"""The composition root: the one room that knows every other and puts them together."""

from gainful.app.gainful import Gainful
from gainful.app.mail.reports import CorrectionReport, TriageReport, TriageRow, UndoReport
from gainful.app.mail.triage import NothingToUndo
from gainful.jobs.digest.brief import Brief

__all__ = ["Brief", "CorrectionReport", "Gainful", "NothingToUndo", "TriageReport", "TriageRow", "UndoReport"]

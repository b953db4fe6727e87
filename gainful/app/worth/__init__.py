"""The books of worth, the queue of second looks, and outcomes, as commands and pages ask for them."""

from gainful.app.worth.books import Telling, WorthBooks
from gainful.app.worth.by_hand import Measured
from gainful.app.worth.hold_out import Deal
from gainful.app.worth.looks import Looks
from gainful.app.worth.months import Chosen, Unit
from gainful.app.worth.outcomes import Outcomes
from gainful.app.worth.viewer import Role, Viewer

__all__ = ["Chosen", "Deal", "Looks", "Measured", "Outcomes", "Role", "Telling", "Unit", "Viewer", "WorthBooks"]

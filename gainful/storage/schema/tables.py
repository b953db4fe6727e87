"""Where every table is noted."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData()

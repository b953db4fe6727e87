"""What all sections of the settings have in common: a mistyped key is named, not ignored."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Line = Annotated[str, Field(max_length=500)]


class Section(BaseModel):
    """A part of the settings; strict, and never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, str_strip_whitespace=True)

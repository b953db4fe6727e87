"""Settings of a deploy target, as the company writes them: `target = { kind = "releases", … }`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from gainful.core.errors import Invalid


class TargetSettingsInvalid(Invalid):
    """The settings of a deploy target cannot be used."""

    code = "target-settings-invalid"


class TargetSettings(BaseModel):
    """What every kind of target's settings have in common: nothing that is not known is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


Settings = TypeVar("Settings", bound=TargetSettings)


def read_settings(kind: type[Settings], given: Mapping[str, Any], service: str) -> Settings:
    """The settings of one target, checked; `kind` itself is not among them.

    Raises:
        TargetSettingsInvalid: One is missing, unknown, or of another type; the message names it.
    """
    try:
        return kind.model_validate({name: value for name, value in given.items() if name != "kind"})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(["target", *map(str, first["loc"])])
        raise TargetSettingsInvalid(
            f"'{where}' of the service '{service}' cannot be used: {first['msg']}.",
            "Correct it in gainful.toml; the how-to page of this kind of target names all of its settings.",
        ) from None

"""Writes into the settings file: one block more, whole or not at all, and what the person wrote stays as it is."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from gainful.storage.settings.config import Account, Config, Home, Model, parse


def append(home: Home, block: str) -> Config:
    """Add a block to the settings file, leaving what the person wrote as it is. All or nothing.

    Args:
        block: TOML text, such as `render_account` gives.

    Raises:
        ConfigInvalid: The file would not be valid any more; it is left untouched.
    """
    home.prepare()
    before = home.config.read_text(encoding="utf-8") if home.config.exists() else ""
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    text = f"{before}{gap}{block.rstrip()}\n"
    config = parse(text, home.config)
    _write(home.config, text)
    return config


def _write(file: Path, text: str) -> None:
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    handle, name = tempfile.mkstemp(prefix=file.name, dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def render_account(account: Account) -> str:
    """The account as a TOML block, defaults left out."""
    lines = ["[[accounts]]", f"name = {_quoted(account.name)}", f"url = {_quoted(account.url)}"]
    if account.addresses:
        lines.append(f"addresses = [{', '.join(_quoted(address) for address in account.addresses)}]")
    if account.display_name:
        lines.append(f"display_name = {_quoted(account.display_name)}")
    if account.auth != "password":
        lines.append(f"auth = {_quoted(account.auth)}")
    if account.password_file:
        lines.append(f"password_file = {_quoted(account.password_file)}")
    if account.cafile:
        lines.append(f"cafile = {_quoted(account.cafile)}")
    return "\n".join(lines) + "\n"


def render_model(model: Model) -> str:
    """The language model as a TOML block, defaults left out."""
    lines = ["[model]", f"name = {_quoted(model.name)}"]
    if model.base_url:
        lines.append(f"base_url = {_quoted(model.base_url)}")
    lines.append(f"daily_budget = {_quoted(str(model.daily_budget))}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found.group()):04x}", escaped) + '"'

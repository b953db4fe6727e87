"""What a service ships, and declarations that cannot be meant."""

from __future__ import annotations

import pytest

from gainful.jobs.deploy.planning import Shipping, ShippingInvalid


def test_what_is_named_as_dependency_base_or_migration_ships_too() -> None:
    shipping = Shipping.declared(
        ["app/**"], ["**/tests/**"], ["uv.lock"], ["Dockerfile"], ["db/*.sql"], ["pyproject.toml:project.version"]
    )
    assert all(map(shipping.has, ("app/a.py", "uv.lock", "Dockerfile", "db/1.sql")))
    assert not any(map(shipping.has, ("app/tests/a.py", "pyproject.toml", "db/deep/1.sql")))
    assert shipping.role("Dockerfile") == "base image"
    assert shipping.role("uv.lock") == "dependencies"
    assert shipping.role("db/1.sql") == "migration"
    assert shipping.role("app/a.py") == ""
    assert shipping.version_keys("pyproject.toml") == ("project.version",)
    assert shipping.version_keys("app/a.py") == ()


@pytest.mark.parametrize(
    "glob", ["", "  ", "/etc/passwd", "../other/**", "app/../../x", "a\\b", "a//b", "a\nb", "a\u202eb", "!app/**",
             "~/x", ".git/config", "**/a/**/b/**/c/**/d/**/e", "x" * 301],
)  # fmt: skip
def test_a_glob_that_cannot_be_meant(glob: str) -> None:
    with pytest.raises(ShippingInvalid):
        Shipping.declared(["app/**"], [glob])


@pytest.mark.parametrize("text", ["pyproject.toml", "pyproject.toml:", ":version", "../x.py:V", "*.py:V", "a.py:V\n"])
def test_a_version_file_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(ShippingInvalid):
        Shipping.declared(["app/**"], version_files=[text])


def test_nothing_ships_and_far_too_much_is_named() -> None:
    for ships in ([], ["a"] * 501):
        with pytest.raises(ShippingInvalid):
            Shipping.declared(ships)

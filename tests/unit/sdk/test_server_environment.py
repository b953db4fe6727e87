"""Where the servers of tests are looked for."""

from __future__ import annotations

from pathlib import Path

from gainful.sdk.testing.server_environment import python_of_servers


def _environment(path: Path) -> dict[str, str]:
    (path / "bin").mkdir()
    (path / "bin" / "python").touch()
    package = path / "lib" / "python3.11" / "site-packages" / "synapse"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return {"GAINFUL_TEST_SERVERS": str(path)}


def test_the_python_that_can_run_a_server(tmp_path: Path) -> None:
    environment = _environment(tmp_path)
    assert python_of_servers("synapse", environment) == tmp_path / "bin" / "python"
    assert python_of_servers("radicale", environment) is None


def test_an_environment_that_was_half_made(tmp_path: Path) -> None:
    environment = _environment(tmp_path)
    (tmp_path / "bin" / "python").unlink()
    assert python_of_servers("synapse", environment) is None
    assert python_of_servers("synapse", {"GAINFUL_TEST_SERVERS": str(tmp_path / "nowhere")}) is None

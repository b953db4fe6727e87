"""Issues, pull requests and checks on GitHub, in the repositories that the person names."""

from gainful.connectors.github.api import Api
from gainful.connectors.github.tools import github_tools

__all__ = ["Api", "github_tools"]

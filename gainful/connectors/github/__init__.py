"""Issues, pull requests, checks and deployments on GitHub, in the repositories that the person names."""

from gainful.connectors.github.api import Api
from gainful.connectors.github.config import GitHubTargetSettings
from gainful.connectors.github.target import GitHubTarget
from gainful.connectors.github.tools import github_tools

__all__ = ["Api", "GitHubTarget", "GitHubTargetSettings", "github_tools"]

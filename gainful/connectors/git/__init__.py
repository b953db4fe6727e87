"""Local git repositories, through the git program, none of whose hooks, filters or helpers are ever run."""

from gainful.connectors.git.history import GitHistory
from gainful.connectors.git.program import Repository
from gainful.connectors.git.push import Pushing
from gainful.connectors.git.tools import git_tools

__all__ = ["GitHistory", "Pushing", "Repository", "git_tools"]

"""The tools of local repositories: `git.status`, `.log`, `.show`, `.diff`, `.branch`, `.commit`, `.push`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from gainful.connectors.git.errors import GitInvalid, GitRefused
from gainful.connectors.git.program import Repository, Said
from gainful.connectors.git.push import Pushing
from gainful.core.value import Json
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left, texts
from gainful.sdk.tool import Found

MOST_COMMITS = 200
LONGEST_MESSAGE = 20_000
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@{}^~-]{0,199}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
_AUTHOR = re.compile(r"(.+) <(.+)>")
_PLAIN = ("--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")


def git_tools(
    repositories: Mapping[str, Repository], pushing: Pushing, agent: str, author: str = ""
) -> list[Operation]:
    """All of them, over these repositories.

    Args:
        agent: Commits name it as their committer.
        author: `Name <address>`; empty: what the repository's own settings say.
    """
    tools = _GitTools(repositories, pushing, agent, author)
    spec = declared("git")
    return [
        Operation(spec["git.status"], tools.status, nothing_left),
        Operation(spec["git.log"], tools.log, nothing_left),
        Operation(spec["git.show"], tools.show, nothing_left),
        Operation(spec["git.diff"], tools.diff, nothing_left),
        Operation(spec["git.branch"], tools.branch, tools.branched),
        Operation(spec["git.commit"], tools.commit, tools.committed),
        Operation(spec["git.push"], tools.push, tools.pushed),
    ]


class _GitTools:
    def __init__(self, repositories: Mapping[str, Repository], pushing: Pushing, agent: str, author: str) -> None:
        self._repositories = repositories
        self._pushing = pushing
        self._agent = agent
        self._author = author

    def status(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository = self._repository(given)
        said = _well(repository.run("status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all"))
        changes = [{"state": line[:2].strip(), "path": line[3:]} for line in said.text.split("\0") if line]
        return {"branch": _branch(repository), "commit": _head(repository), "changes": changes, "cut": said.cut}

    def log(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository = self._repository(given)
        limit = max(1, min(given.get("limit", 20), MOST_COMMITS))
        commit = self._commit(repository, given.get("revision", "HEAD"))
        paths = _paths(given.get("paths"))
        return _commits(repository, ["log", f"--max-count={limit}", commit], paths)

    def show(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository = self._repository(given)
        commit = self._commit(repository, given["revision"])
        [told] = _commits(repository, ["log", "--max-count=1", commit], [])
        said = _well(repository.run("show", *_PLAIN, "--format=", "--patch", commit, "--"))
        return {**told, "diff": said.text, "cut": said.cut}

    def diff(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository = self._repository(given)
        revisions = [self._commit(repository, given.get("base", "HEAD"))]
        if "head" in given:
            revisions.append(self._commit(repository, given["head"]))
        said = _well(repository.run("diff", *_PLAIN, *revisions, "--", *_paths(given.get("paths"))))
        return {"diff": said.text, "cut": said.cut}

    def branch(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository = self._repository(given)
        name = _branch_name(repository, given["name"])
        start = self._commit(repository, given.get("start", "HEAD"))
        _well(repository.run("switch", "--quiet", "--no-track", "--create", name, start))
        return {"branch": name, "commit": start}

    def branched(self, _key: str, given: Mapping[str, Json]) -> Found | None:
        repository = self._repository(given)
        name = _branch_name(repository, given["name"])
        if repository.run("rev-parse", "--verify", "--quiet", f"refs/heads/{name}").status:
            return Found(done=False)
        if _branch(repository) != name:
            return None
        return Found(done=True, answer={"branch": name, "commit": _head(repository)})

    def commit(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        repository = self._repository(given)
        paths = _paths(given["paths"])
        message = given["message"].strip()
        if not paths or not message or "\0" in message or len(message) > LONGEST_MESSAGE:
            raise GitInvalid("A commit needs paths and a message.", "Name the files that belong to it, and say why.")
        settings = self._identity(repository)
        _well(repository.run("add", "--all", "--", *paths))
        text = f"{message}\n\n{_mark(grant.key)}\n".encode("utf-8", "replace")
        _well(
            repository.run(
                "commit", "--quiet", "--no-verify", "--cleanup=verbatim", "--file=-", "--only", "--", *paths,
                stdin=text, settings=settings,
            )
        )  # fmt: skip
        return {"branch": _branch(repository), "commit": _head(repository)}

    def committed(self, key: str, given: Mapping[str, Json]) -> Found | None:
        repository = self._repository(given)
        if not _head(repository):
            # There is no commit at all.
            return Found(done=False)
        said = repository.run("log", "--branches", "--fixed-strings", f"--grep={_mark(key)}", "--format=%H", "HEAD")
        found = _well(said).text.split()
        if not found:
            return Found(done=False)
        return Found(done=True, answer={"branch": _branch(repository), "commit": found[0]})

    def push(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository = self._repository(given)
        commit, branch = self._pushable(repository, given)
        url = self._pushing.push(repository, given.get("remote", "origin"), commit, branch)
        return {"to": url, "branch": branch, "commit": commit}

    def pushed(self, _key: str, given: Mapping[str, Json]) -> Found | None:
        repository = self._repository(given)
        commit, branch = self._pushable(repository, given)
        url, there = self._pushing.look(repository, given.get("remote", "origin"), branch)
        if there == commit or (there and _is_ancestor(repository, commit, there)):
            return Found(done=True, answer={"to": url, "branch": branch, "commit": commit})
        # It moves the branch in one step: what was there before is there still.
        return Found(done=False) if not there or _is_ancestor(repository, there, commit) else None

    def _pushable(self, repository: Repository, given: Mapping[str, Json]) -> tuple[str, str]:
        commit = given["commit"]
        if not re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", commit):
            raise GitInvalid(f"'{commit[:60]}' is no whole commit id.", "Take it from git.commit or git.log.")
        return self._commit(repository, commit), _branch_name(repository, given["branch"])

    def _identity(self, repository: Repository) -> dict[str, str]:
        name, address = repository.setting("user.name"), repository.setting("user.email")
        found = _AUTHOR.fullmatch(self._author)
        if found is not None:
            name, address = found[1], found[2]
        if not name or not address:
            raise GitInvalid(
                f"Nothing says whose commits those in '{repository.name}' are.",
                'Set author = "Name <address>" under [git] in gainful.toml.',
            )
        return {
            "user.name": name,
            "user.email": address,
            "committer.name": f"{name} (agent {self._agent})",
            "committer.email": address,
        }

    def _repository(self, given: Mapping[str, Json]) -> Repository:
        wanted = given["repository"]
        if wanted not in self._repositories:
            known = ", ".join(sorted(self._repositories)) or "none"
            raise GitInvalid(f"There is no repository '{wanted[:60]}'.", f"Repositories: {known}.")
        return self._repositories[wanted]

    def _commit(self, repository: Repository, revision: str) -> str:
        """The id of the commit that is meant."""
        if not _REVISION.fullmatch(revision):
            raise GitInvalid(f"'{revision[:60]}' is no revision.", "Name a branch, a tag or a commit.")
        said = repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if said.status:
            raise GitInvalid(f"'{repository.name}' has no commit '{revision[:60]}'.", "See git.log and git.status.")
        return said.text.strip()


def _commits(repository: Repository, arguments: Sequence[str], paths: Sequence[str]) -> list[dict[str, str]]:
    said = _well(repository.run(*arguments, "--format=%H%x00%an <%ae>%x00%aI%x00%B%x00", "--", *paths))
    fields = said.text.split("\0")
    # What was cut off in the middle is left out.
    whole = len(fields) // 4 * 4
    return [
        {
            "commit": fields[at].strip(),
            "author": fields[at + 1],
            "at": fields[at + 2],
            "message": fields[at + 3].strip(),
        }
        for at in range(0, whole, 4)
    ]


def _well(said: Said) -> Said:
    if said.status:
        raise GitRefused(f"Git says no: {said.error or 'nothing to do'}.", "See git.status.")
    return said


def _branch(repository: Repository) -> str:
    said = repository.run("symbolic-ref", "--quiet", "--short", "HEAD")
    return said.text.strip() if said.status == 0 else ""


def _head(repository: Repository) -> str:
    said = repository.run("rev-parse", "--verify", "--quiet", "HEAD")
    return said.text.strip() if said.status == 0 else ""


def _is_ancestor(repository: Repository, older: str, newer: str) -> bool:
    return repository.run("merge-base", "--is-ancestor", older, newer).status == 0


def _branch_name(repository: Repository, name: str) -> str:
    if not _NAME.fullmatch(name) or repository.run("check-ref-format", "--branch", name).status:
        raise GitInvalid(f"'{name[:60]}' is no name for a branch.", "Use letters, digits, -, _, / and dots.")
    return name


def _paths(given: Json) -> list[str]:
    paths = texts(given, "paths")
    for path in paths:
        if not path.isprintable() or path.startswith("/") or {"..", ".git"} & set(path.lower().split("/")) or not path:
            raise GitInvalid(f"'{path[:60]}' is no path in a repository.", "Name it from the repository's folder on.")
    return paths


def _mark(key: str) -> str:
    return f"Gainful-Effect: {hashlib.sha256(b'commit ' + key.encode()).hexdigest()[:24]}"

"""The tools of the named folders: `files.list`, `files.search`, `files.read`, `files.write`, `files.append`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from gainful.connectors.files.search import search
from gainful.connectors.files.store import FileStore, Written
from gainful.core.value import Json
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left
from gainful.sdk.tool import Found

MOST_PASSAGES = 20


def file_tools(store: FileStore) -> list[Operation]:
    """All five, over one store."""

    def listing(_grant: Grant, given: Mapping[str, Json]) -> Json:
        if "path" in given:
            return store.listing(given["path"])
        return [{"path": name, "kind": "folder"} for name in store.folders]

    def find(_grant: Grant, given: Mapping[str, Json]) -> Json:
        limit = max(1, min(given.get("limit", 5), MOST_PASSAGES))
        return asdict(search(given["text"], store.files(given.get("path", "")), limit))

    def read(_grant: Grant, given: Mapping[str, Json]) -> Json:
        return {"path": given["path"], **asdict(store.read(given["path"], given.get("start", 0)))}

    def write(grant: Grant, given: Mapping[str, Json]) -> Json:
        return _answer(given, store.write(grant.key, given["path"], given["text"], given.get("replaces", "")))

    def append(grant: Grant, given: Mapping[str, Json]) -> Json:
        return _answer(given, store.write(grant.key, given["path"], given["text"], append=True))

    def became(key: str, given: Mapping[str, Json]) -> Found | None:
        found = store.found(key, given["path"])
        if isinstance(found, Written):
            return Found(done=True, answer=_answer(given, found))
        return None if found else Found(done=False)

    spec = declared("files")
    return [
        Operation(spec["files.list"], listing, nothing_left),
        Operation(spec["files.search"], find, nothing_left),
        Operation(spec["files.read"], read, nothing_left),
        Operation(spec["files.write"], write, became),
        Operation(spec["files.append"], append, became),
    ]


def _answer(given: Mapping[str, Json], written: Written) -> Json:
    return {"path": given["path"], **asdict(written)}

"""A server that speaks as much of the Hugging Face Hub's protocol as an upload needs, stores files, and misbehaves.

Accounts, making a repository, the tree with pages, preupload, Git LFS (batch, one part or several, verify) and commits
as NDJSON, after `huggingface_hub` 2.4 (`hf_api.py`, `_commit_api.py`, `lfs.py`). Not Xet: clients run with
HF_HUB_DISABLE_XET. In a test: `with FakeHub(root) as hub: HfApi(endpoint=hub.url, token=hub.token)`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

FAULTS = ("500", "drop", "half", "lost", "corrupt", "slow")
# number of the request of this kind (from 0), its kind -> one of FAULTS, or None
Order = Callable[[int, str], str | None]

_EMPTY = hashlib.sha1(b"commit of nothing", usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class StoredFile:
    """A file of a repository: its bytes lie under their sha256."""

    size: int
    sha256: str
    blob: str
    lfs: bool


@dataclass
class Repository:
    """A dataset, with the files of its newest commit and the hashes of all commits."""

    private: bool
    files: dict[str, StoredFile] = field(default_factory=dict)
    commits: list[str] = field(default_factory=lambda: [_EMPTY])


@dataclass
class FakeHub:
    """The server, on threads of its own.

    Attributes:
        root: Folder of the stored objects.
        user: Whom the token belongs to; repositories of others can be put into `repositories`.
        faults: What goes wrong, request by request.
        part: Bytes of a part of a large upload; None: all in one.
        listed: Entries of a page of the tree.
        delay: Seconds of a `slow` answer.
    """

    root: Path
    user: str = "me"
    token: str = "hf_secret_of_the_tests"
    faults: Order = lambda number, kind: None
    part: int | None = None
    listed: int = 3
    delay: float = 30.0
    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    stored: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> FakeHub:
        self.root.mkdir(parents=True, exist_ok=True)
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def content(self, repository: str, name: str) -> bytes:
        """Return the bytes of a file as a download gets them."""
        return (self.root / self.repositories[repository].files[name].sha256).read_bytes()


class _Broken(Exception):
    """Ends a connection without an answer."""


class _Refused(Exception):
    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.answer: dict[str, Any] = {}


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet: in two, each costs a delayed acknowledgement
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that was killed says no goodbye
            super().handle()

    def _serve(self) -> None:
        path = unquote(urlsplit(self.path).path)
        kind, action, values = next(
            (kind, action, found.groups())
            for kind, method, pattern, action in _ROUTES
            if method == self.command and (found := re.fullmatch(pattern, path))
        )
        with self.hub.lock:
            fault = self.hub.faults(self.hub.done[kind], kind)
            self.hub.done[kind] += 1
        try:
            if fault == "drop":
                raise _Broken
            body = self._body(half=fault == "half")
            if fault == "slow":
                threading.Event().wait(self.hub.delay)
            if fault == "500":
                raise _Refused(500, "Internal Error")
            if kind not in _OPEN and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
                raise _Refused(401, "Invalid credentials in Authorization header")
            if fault == "corrupt":
                body = body[:-1] + bytes([body[-1] ^ 1])
            with self.hub.lock:
                answer = action(self, body, *values)
            if fault == "lost":
                raise _Broken
            self._answer(200, answer)
        except _Refused as refused:
            headers = {"X-Error-Code": refused.code} if refused.code else {}
            self._answer(refused.status, {"error": refused.message, **refused.answer}, headers)
        except _Broken:
            self.close_connection = True
            self.connection.close()

    def _body(self, *, half: bool) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if half:
                    raise _Broken
            self.rfile.readline()
            return b"".join(parts)
        size = int(self.headers.get("Content-Length", 0))
        if half:
            self.rfile.read(size // 2)
            raise _Broken
        return self.rfile.read(size)

    def _answer(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        extra = answer.pop("headers", {}) if isinstance(answer, dict) else {}
        entries = answer.pop("entries", None) if isinstance(answer, dict) else None
        data = json.dumps(answer if entries is None else entries).encode()
        self.send_response(status)
        for name, value in {**extra, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _repository(self, name: str, *, write: bool = False) -> Repository:
        found = self.hub.repositories.get(name)
        theirs = name.split("/")[0] != self.hub.user
        if found is None or (theirs and found.private):
            raise _Refused(404, "Repository not found", "RepoNotFound")
        if theirs and write:
            raise _Refused(403, f"You don't have the rights to write to {name}")
        return found

    def whoami(self, body: bytes) -> Any:
        return {"type": "user", "name": self.hub.user, "orgs": []}

    def create(self, body: bytes) -> Any:
        asked = json.loads(body)
        assert asked["type"] == "dataset"
        owner = asked.get("organization") or self.hub.user
        name = f"{owner}/{asked['name']}"
        if owner != self.hub.user:
            raise _Refused(403, f"You don't have the rights to create a dataset under the namespace {owner!r}")
        known = name in self.hub.repositories
        if not known:
            self.hub.repositories[name] = Repository(asked.get("visibility") == "private")
        answer = {"url": f"{self.hub.url}/datasets/{name}"}
        if known:
            conflict = _Refused(409, "You already created this dataset repo")
            conflict.answer = answer
            raise conflict
        return answer

    def info(self, body: bytes, name: str) -> Any:
        found = self._repository(name)
        return {"id": name, "sha": found.commits[-1], "private": found.private, "downloads": 0, "likes": 0, "tags": []}

    def validate(self, body: bytes) -> Any:
        content = json.loads(body)["content"]
        found = re.match(r"---\n(.*?)\n---\n", content, re.DOTALL)
        wrong = found is None or not isinstance(yaml.safe_load(found[1]), dict)
        if wrong:
            raise _Refused(400, "Invalid metadata in README.md")
        return {"warnings": [], "errors": []}

    def tree(self, body: bytes, name: str, revision: str) -> Any:
        found = self._repository(name)
        if revision not in ("main", found.commits[-1]):
            raise _Refused(404, "Revision not found", "RevisionNotFound")
        start = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
        names = sorted(found.files)
        entries = []
        for path in names[start : start + self.hub.listed]:
            file = found.files[path]
            lfs = {"lfs": {"oid": file.sha256, "size": file.size, "pointerSize": 131}} if file.lfs else {}
            entries.append({"type": "file", "path": path, "size": file.size, "oid": file.blob, **lfs})
        following = start + self.hub.listed
        url = f"{self.hub.url}/api/datasets/{name}/tree/{revision}?recursive=True&cursor={following}"
        return {"entries": entries, "headers": {"Link": f'<{url}>; rel="next"'} if following < len(names) else {}}

    def preupload(self, body: bytes, name: str, revision: str) -> Any:
        found = self._repository(name, write=True)
        answers = []
        for file in json.loads(body)["files"]:
            known = found.files.get(file["path"])
            large = file["path"].endswith(".parquet") or file["size"] > 10_000_000
            assert base64.b64decode(file["sample"]) or file["size"] == 0
            answers.append(
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if large else "regular",
                    "shouldIgnore": False,
                    "oid": None if known is None else known.sha256 if known.lfs else known.blob,
                }
            )
        return {"files": answers}

    def batch(self, body: bytes, name: str) -> Any:
        self._repository(name, write=True)
        asked = json.loads(body)
        assert asked["operation"] == "upload"
        assert asked["hash_algo"] == "sha256"
        return {"transfer": "basic", "objects": [self._object(entry) for entry in asked["objects"]]}

    def _object(self, entry: dict[str, Any]) -> dict[str, Any]:
        oid, size = entry["oid"], entry["size"]
        if (self.hub.root / oid).is_file():
            return entry  # known: no actions
        verify = {"href": f"{self.hub.url}/lfs-verify"}
        if self.hub.part is None or size <= self.hub.part:
            return entry | {"actions": {"upload": {"href": f"{self.hub.url}/lfs/{oid}"}, "verify": verify}}
        parts = -(-size // self.hub.part)
        header = {f"{n:05d}": f"{self.hub.url}/lfs/{oid}/{n}" for n in range(1, parts + 1)}
        header["chunk_size"] = str(self.hub.part)
        complete = {"href": f"{self.hub.url}/lfs-complete", "header": header}
        return entry | {"actions": {"upload": complete, "verify": verify}}

    def put(self, body: bytes, oid: str) -> Any:
        self._store(oid, body)
        return {}

    def put_part(self, body: bytes, oid: str, number: str) -> Any:
        (self.hub.root / f"{oid}.{number}").write_bytes(body)
        return {"headers": {"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}}

    def complete(self, body: bytes) -> Any:
        asked = json.loads(body)
        parts = [self.hub.root / f"{asked['oid']}.{part['partNumber']}" for part in asked["parts"]]
        self._store(asked["oid"], b"".join(path.read_bytes() for path in parts))
        for path in parts:
            path.unlink()
        return {}

    def _store(self, oid: str, data: bytes) -> None:
        # under the name that the client gave it: a store that swallows damage is what the check afterwards is for
        (self.hub.root / oid).write_bytes(data)
        self.hub.stored.append(oid)

    def verify(self, body: bytes) -> Any:
        asked = json.loads(body)
        path = self.hub.root / asked["oid"]
        if not path.is_file() or path.stat().st_size != asked["size"]:
            raise _Refused(404, "not uploaded")
        return {}

    def commit(self, body: bytes, name: str, revision: str) -> Any:
        found = self._repository(name, write=True)
        lines = [json.loads(line) for line in body.splitlines()]
        header = lines[0]["value"]
        if header.get("parentCommit", found.commits[-1]) != found.commits[-1]:
            raise _Refused(412, "A commit has happened since. Please refresh and try again.")
        files = dict(found.files)
        for line in lines[1:]:
            value = line["value"]
            match line["key"]:
                case "file":
                    files[value["path"]] = self._regular(base64.b64decode(value["content"]))
                case "lfsFile":
                    files[value["path"]] = self._large(value["oid"])
                case "deletedFile":
                    del files[value["path"]]
                case other:
                    raise AssertionError(other)
        found.files = files
        found.commits.append(hashlib.sha1(body + found.commits[-1].encode(), usedforsecurity=False).hexdigest())
        return {
            "commitUrl": f"{self.hub.url}/datasets/{name}/commit/{found.commits[-1]}",
            "commitOid": found.commits[-1],
        }

    def _regular(self, data: bytes) -> StoredFile:
        sha256 = hashlib.sha256(data).hexdigest()
        (self.hub.root / sha256).write_bytes(data)
        return StoredFile(len(data), sha256, _git_hash(data), lfs=False)

    def _large(self, oid: str) -> StoredFile:
        path = self.hub.root / oid
        if not path.is_file():
            raise _Refused(400, f"LFS object {oid} was not uploaded")
        data = path.read_bytes()
        really = hashlib.sha256(data).hexdigest()
        if really != oid:
            (self.hub.root / really).write_bytes(data)
        return StoredFile(len(data), really, _git_hash(f"oid sha256:{really}\n".encode()), lfs=True)


def _git_hash(data: bytes) -> str:
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


_NAME = r"/api/datasets/([^/]+/[^/]+)"
_ROUTES: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
    ("whoami", "GET", r"/api/whoami-v2", _Handler.whoami),
    ("create", "POST", r"/api/repos/create", _Handler.create),
    ("validate", "POST", r"/api/validate-yaml", _Handler.validate),
    ("info", "GET", _NAME, _Handler.info),
    ("tree", "GET", _NAME + r"/tree/([^/]+)/?", _Handler.tree),
    ("preupload", "POST", _NAME + r"/preupload/([^/]+)", _Handler.preupload),
    ("batch", "POST", r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch", _Handler.batch),
    ("put", "PUT", r"/lfs/([0-9a-f]{64})", _Handler.put),
    ("put", "PUT", r"/lfs/([0-9a-f]{64})/(\d+)", _Handler.put_part),
    ("complete", "POST", r"/lfs-complete", _Handler.complete),
    ("verify", "POST", r"/lfs-verify", _Handler.verify),
    ("commit", "POST", _NAME + r"/commit/([^/]+)", _Handler.commit),
)
_OPEN = ("put", "complete", "validate")  # signed addresses need no token

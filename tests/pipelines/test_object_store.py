"""Releases and the lake in an object store: a folder by URL, and a real S3 server on loopback."""

import hashlib
import json
import shutil
import threading
import uuid

import polars as pl
import pytest

from detectors.tracks import Tracks
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey
from pipelines.object_store import ObjectStore, ObjectStoreError
from pipelines.publishing.remote import pull_release, push_release
from pipelines.stages.remote_lake import RemoteLake
from tests import builders


@pytest.fixture(scope="module")
def s3_server():
    """URL parameters of an S3 server that forgets everything afterwards."""
    moto = pytest.importorskip("moto.server", reason="moto[s3,server] is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"endpoint_override={host}:{port}&scheme=http&region=us-east-1&allow_bucket_creation=true"
    server.stop()


@pytest.fixture(params=["file", "s3"])
def url(request, tmp_path):
    """Of a folder, and of a bucket of the server."""
    if request.param == "file":
        return (tmp_path / "store").as_uri()
    parameters = request.getfixturevalue("s3_server")
    bucket = f"passant-{uuid.uuid4().hex}"
    url = f"s3://key:secret@{bucket}/city?{parameters}"
    ObjectStore.at(url).filesystem.create_dir(bucket)
    return url


@pytest.fixture
def store(url):
    return ObjectStore.at(url)


def release(tier, rows):
    """A release by hand: one table of one object."""
    path = tier / "objects" / "new.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"count": rows}).write_parquet(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path = path.rename(path.with_name(f"{digest}.parquet"))
    version = digest[:8]
    (tier / version).mkdir(exist_ok=True)
    manifest = {"tables": {"flow_counts": {"files": [{"path": f"objects/{path.name}"}]}}, "plans": {}}
    (tier / version / "manifest.json").write_text(json.dumps(manifest))
    (tier / "latest.json").write_text(json.dumps({"version": version, "manifest": f"{version}/manifest.json"}))
    return version


def counts(tier):
    """What a reader of a tier's folder finds."""
    latest = json.loads((tier / "latest.json").read_text())
    manifest = json.loads((tier / latest["manifest"]).read_text())
    return [
        pl.read_parquet(tier / file["path"])["count"].to_list()
        for table in manifest["tables"].values()
        for file in table["files"]
    ]


def test_a_release_comes_back_as_it_went(tmp_path, store):
    here, there = tmp_path / "a" / "planner", tmp_path / "b" / "planner"
    first = release(here, [1, 2])
    assert push_release(here, store).objects == 1
    assert pull_release(store, there).version == first
    assert counts(there) == [[1, 2]]
    release(here, [3])
    assert push_release(here, store).objects == 1
    assert push_release(here, store).objects == 0
    pull_release(store, there)
    assert counts(there) == [[3]]


@pytest.mark.parametrize("breaks_at", ["objects/", "manifest.json", "latest.json"])
def test_a_push_that_breaks_off_leaves_the_release_before(tmp_path, store, monkeypatch, breaks_at):
    here, there = tmp_path / "a" / "planner", tmp_path / "b" / "planner"
    release(here, [1])
    push_release(here, store)
    release(here, [2])
    put = ObjectStore.put

    def broken(self, name, path):
        if breaks_at in name:
            raise ConnectionError
        put(self, name, path)

    monkeypatch.setattr(ObjectStore, "put", broken)
    with pytest.raises(ConnectionError):
        push_release(here, store)
    pull_release(store, there)
    assert counts(there) == [[1]]


def test_readers_see_one_whole_release_or_the_next(tmp_path, store):
    here, there = tmp_path / "a" / "planner", tmp_path / "b" / "planner"
    release(here, [0])
    push_release(here, store)
    seen, ended = set(), threading.Event()

    def read():
        while not ended.is_set():
            pull_release(store, there)
            seen.update(value for (value,) in counts(there))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 6):
        release(here, [number])
        push_release(here, store)
    ended.set()
    reader.join()
    pull_release(store, there)
    assert counts(there) == [[5]]
    assert seen <= set(range(6))


def test_an_object_that_is_not_what_its_name_says_is_refused_and_nothing_is_written(tmp_path, store):
    here, there = tmp_path / "a" / "planner", tmp_path / "b" / "planner"
    release(here, [1])
    push_release(here, store)
    (name,) = store.names("planner/objects")
    (tmp_path / "other").write_bytes(b"other")
    store.put(name, tmp_path / "other")
    with pytest.raises(ObjectStoreError, match=r"not what its name says\. Remove it there, and push again"):
        pull_release(store, there)
    assert not [path for path in there.rglob("*") if path.is_file()]


def test_without_a_release_both_sides_say_so(tmp_path, store):
    with pytest.raises(ObjectStoreError, match="no release yet"):
        push_release(tmp_path / "planner", store)
    with pytest.raises(ObjectStoreError, match=r"no release here\. Push one first"):
        pull_release(store, tmp_path / "planner")


def test_the_lake_hands_on_what_is_new_or_changed(tmp_path, store):
    audit = AuditLog(tmp_path / "log.jsonl")
    here, there = RemoteLake(Lake(tmp_path / "a"), store, audit), RemoteLake(Lake(tmp_path / "b"), store, audit)
    key = RecordingKey("r", "pole", builders.DAY)
    rows = builders.tracks((1, [(0.0, 10, 50), (0.1, 12, 50)]))
    here.lake.save(Tracks, "tracks", key, rows, "inputs")
    assert [here.push(), here.push()] == [1, 0]
    assert [there.pull(), there.pull()] == [1, 0]
    assert there.lake.open(Tracks, "tracks", key).equals(rows)
    brought, put_s = (
        there.lake.path("tracks", key),
        store.put_ns("lake/tracks/day=2026-06-10/camera=pole/r.parquet") / 1e9,
    )
    assert brought.stat().st_mtime == pytest.approx(put_s, abs=0.001)
    here.lake.save(Tracks, "tracks", key, rows.head(1), "other inputs")
    assert [here.push(), there.pull()] == [1, 1]
    assert there.lake.open(Tracks, "tracks", key).height == 1
    assert audit.verify() == 4


def test_an_unknown_url_is_refused_with_an_example_and_without_the_key():
    with pytest.raises(ObjectStoreError, match="s3://bucket/folder") as refused:
        ObjectStore.at("ftp://me:secret@host/folder")
    assert "secret" not in str(refused.value)


def test_a_store_that_is_gone_is_named(tmp_path):
    store = ObjectStore.at((tmp_path / "store").as_uri())
    with pytest.raises(ObjectStoreError, match=r"store/planner/latest\.json"):
        store.read("planner/latest.json")
    shutil.rmtree(tmp_path / "store", ignore_errors=True)
    assert store.names("planner") == []


def test_the_command_line_pushes_and_pulls(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from pipelines import cli

    url, said = (tmp_path / "store").as_uri(), []
    release(tmp_path / "a" / "released" / "planner", [1])
    for folder, action in (("a", "push"), ("b", "pull")):
        monkeypatch.setenv("PASSANT_DATA", str(tmp_path / folder))
        outcome = CliRunner().invoke(cli.app, ["store", action, url])
        assert outcome.exit_code == 0, outcome.output
        said.append(outcome.output)
    assert all("1 new objects" in text for text in said)
    assert counts(tmp_path / "b" / "released" / "planner") == [[1]]


def test_a_release_of_somebody_else_is_not_replaced(tmp_path, store):
    here, other = tmp_path / "a" / "planner", tmp_path / "b" / "planner"
    release(here, [1])
    push_release(here, store)
    release(other, [2])
    with pytest.raises(ObjectStoreError, match="neither made nor pulled here"):
        push_release(other, store)
    pull_release(store, other)
    release(other, [2])
    push_release(other, store)
    pull_release(store, here)
    assert counts(here) == [[2]]


def test_a_store_is_followed_until_it_is_enough(tmp_path, monkeypatch):
    """The store is gone for one look, and has a new release at the next."""
    from typer.testing import CliRunner

    from pipelines import cli

    folder, here = tmp_path / "store", tmp_path / "a" / "planner"
    store = ObjectStore.at(folder.as_uri())
    looks = iter(
        [
            lambda: (folder / "planner" / "latest.json").rename(tmp_path / "away"),
            lambda: (tmp_path / "away").rename(folder / "planner" / "latest.json"),
            lambda: (release(here, [2]), push_release(here, store)),
        ]
    )

    def sleep(seconds):
        assert seconds == 60
        if (look := next(looks, None)) is None:
            raise KeyboardInterrupt
        look()

    release(here, [1])
    push_release(here, store)
    monkeypatch.setenv("PASSANT_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("time.sleep", sleep)
    said = CliRunner().invoke(cli.app, ["store", "pull", folder.as_uri(), "--every", "60"]).output
    assert said.count("1 new objects brought") == 2
    assert counts(tmp_path / "data" / "released" / "planner") == [[2]]

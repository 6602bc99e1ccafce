"""The log tells what really happened: replayed without loss it is the folder that was recorded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.powercut.disk import NotModelled
from tests.faults.powercut.image import Image
from tests.faults.powercut.recording import Recording
from tests.faults.powercut.records import LogUnreadable, Marked, Synced, Written, read_records
from tests.simulators.processes import ROOT

EVERY_CALL = """
import os, shutil, sys
os.chdir(sys.argv[1])
os.makedirs("a/b")
with open("a/plain", "wb") as file:
    file.write(b"x" * 100_000)
    file.seek(10)
    file.write(b"overwritten")
    file.flush()
    file.truncate(70_000)
with open("a/plain", "ab") as file:
    file.write(b"appended")
descriptor = os.open("a/b/vectors", os.O_RDWR | os.O_CREAT, 0o600)
os.writev(descriptor, [b"one", b"", b"two"])
os.pwrite(descriptor, b"three", 4_000)
os.pwritev(descriptor, [b"four", b"five"], 5_000)
os.ftruncate(descriptor, 9_000)
appending = os.open("a/b/vectors", os.O_WRONLY | os.O_APPEND)
os.pwrite(appending, b"Linux appends this", 0)
os.pwritev(appending, [b"and", b"this"], 0)
copy = os.dup(descriptor)
os.close(descriptor)
os.write(copy, b"through a copy")
os.fsync(copy)
os.truncate("a/plain", 60_000)
shutil.copyfile("a/plain", "copied")
os.link("copied", "linked")
os.rename("copied", "a/b/renamed")
os.replace("a/plain", "linked")
open("emptied", "w").write("gone soon")
open("emptied", "w").close()
os.unlink("a/b/vectors")
folder = os.open("a", os.O_RDONLY)
made = os.open("relative", os.O_WRONLY | os.O_CREAT, dir_fd=folder)
os.write(made, b"below a folder's descriptor")
os.mkdir("deep", dir_fd=folder)
os.rename("relative", "deep/er", src_dir_fd=folder, dst_dir_fd=folder)
os.mkdir("passing"); os.rmdir("passing")
held = open("removed", "wb", buffering=0)
os.unlink("removed")
held.write(b"nobody reaches this")
os.fsync(folder)
if os.fork() == 0:
    open("by a child", "w").write("forked")
    os._exit(0)
os.wait()
"""

THREADS = """
import os, sys, threading
def work(number):
    name = os.path.join(sys.argv[1], f"file {number}")
    for turn in range(40):
        with open(name, "ab", buffering=0) as file:
            file.write(bytes([number]) * (100 + turn))
        os.rename(name, name + "'"); os.rename(name + "'", name)
        with open(os.path.join(sys.argv[1], "shared"), "ab", buffering=0) as file:
            file.write(b"%d,%d;" % (number, turn))
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
[one.start() for one in threads]; [one.join() for one in threads]
"""

CONTESTED = """
import os, sys, threading
os.chdir(sys.argv[1])
shared = os.open("one position", os.O_WRONLY | os.O_CREAT)
appended = os.O_WRONLY | os.O_CREAT | os.O_APPEND
def tried(call, *arguments):
    try:
        return call(*arguments)
    except OSError:
        return None
def work(number):
    for turn in range(60):
        mine = b"%d,%d;" % (number, turn)
        name, other = f"name {turn % 3}", f"name {(turn + number) % 3}"
        file = os.open(name, appended)
        os.write(file, mine)
        tried(os.rename, name, other)
        tried(os.mkdir, f"folder {turn % 3}")
        inner = tried(os.open, f"folder {turn % 3}/{other}", appended)
        if inner is not None:
            os.write(inner, mine)
            os.close(inner)
        tried(os.unlink, f"folder {turn % 3}/{other}")
        tried(os.rmdir, f"folder {turn % 3}")
        tried(os.rename, f"folder {turn % 3}", f"folder {number % 3}")
        tried(os.link, other, f"link {turn % 2}")
        tried(os.unlink, f"link {number % 2}")
        os.ftruncate(file, turn)
        os.pwrite(file, mine, turn)
        os.write(shared, mine)
        tried(os.unlink, name)
        os.close(file)
def crowd():
    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    [one.start() for one in threads]; [one.join() for one in threads]
child = os.fork()
crowd()
if not child:
    os._exit(0)
sys.exit(os.wait()[1])
"""

DATABASE = """
import sqlite3, sys
for mode in ("wal", "delete", "truncate", "persist"):
    db = sqlite3.connect(f"{sys.argv[1]}/{mode}.db", isolation_level=None)
    db.execute(f"PRAGMA journal_mode={mode}")
    db.execute("PRAGMA wal_autocheckpoint=10")
    db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)")
    for number in range(30):
        db.execute("INSERT INTO t VALUES (?, randomblob(3000))", (number,))
    db.execute("DELETE FROM t WHERE n % 2")
    db.execute("VACUUM")
    if mode != "wal":
        db.close()
"""


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    folder = tmp_path / "watched"
    (folder / "was here").mkdir(parents=True)
    (folder / "was here" / "before").write_bytes(b"old" * 1000)
    return Recording.begin(folder, tmp_path / "log")


def run(recording: Recording, code: str) -> None:
    subprocess.run(
        [sys.executable, "-c", code, str(recording.folder)],
        check=True,
        timeout=60,
        cwd=ROOT,
        env=os.environ | recording.environment,
    )


@pytest.mark.parametrize(
    "code",
    [EVERY_CALL, THREADS, CONTESTED, DATABASE],
    ids=["calls", "threads", "contested names", "sqlite"],
)
def test_the_log_replayed_is_the_folder(recording: Recording, code: str) -> None:
    run(recording, code)
    assert dict(recording.whole().kept) == dict(Image.of(recording.folder).kept)


KILLED = """
import os, signal, sys, time
os.chdir(sys.argv[1])
def work():
    while True:
        with open("name", "ab", buffering=0) as file:
            file.write(b"again")
        os.unlink("name")
for turn in range(20):
    child = os.fork()
    if not child:
        work()
    time.sleep(turn / 2_000)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    open("survivor", "a").write("goes on;")
"""


def test_a_killed_process_leaves_nobody_waiting_and_its_unfinished_call_is_no_proof(
    recording: Recording,
) -> None:
    run(recording, KILLED)
    try:
        assert dict(recording.whole().kept) == dict(Image.of(recording.folder).kept)
    except NotModelled as error:
        assert "killed" in str(error)  # noqa: PT017 - a kill between two calls is the other outcome


def test_a_sync_covers_what_was_written_before_it_began(recording: Recording) -> None:
    run(
        recording,
        """
import os, sys
descriptor = os.open(sys.argv[1] + "/was here/before", os.O_WRONLY)
os.write(descriptor, b"first"); os.fdatasync(descriptor); os.write(descriptor, b"second")
""",
    )
    first, sync, second = list(read_records(recording.log))[-3:]
    assert isinstance(first[1], Written)
    assert isinstance(sync[1], Synced)
    assert isinstance(second[1], Written)
    assert first[0] < sync[1].began <= sync[0]
    contents = {cut.image.kept["was here/before"].content for cut in recording.cuts(40, seed=1)}
    last = {recording.last_cut(seed).image.kept["was here/before"].content for seed in range(20)}
    assert len(contents) > 1
    assert {content[:5] for content in last if content is not None} == {b"first"}


def test_nothing_outside_the_folder_is_recorded(recording: Recording, tmp_path: Path) -> None:
    elsewhere = tmp_path / "watched too"  # a name that only begins alike
    elsewhere.mkdir()
    before = recording.log.stat().st_size
    run(recording, f"open({str(elsewhere / 'x')!r}, 'w').write('y')")
    assert recording.log.stat().st_size == before


@pytest.mark.parametrize(
    "deed",
    [
        "os.symlink('here', folder + '/there')",
        "f = open(folder + '/m', 'w+b'); f.truncate(4096); mmap.mmap(f.fileno(), 4096)",
        "os.chdir(folder); open('../outside', 'w').close(); os.rename('../outside', 'moved in')",
        "os.write(os.open(folder + '/s', os.O_WRONLY | os.O_CREAT | os.O_DSYNC), b'x')",
        "os.pwritev(os.open(folder + '/s', os.O_WRONLY | os.O_CREAT), [b'x'], 0, os.RWF_DSYNC)",
    ],
    ids=["symlink", "mmap", "moved in", "O_DSYNC", "RWF_DSYNC"],
)
def test_what_cannot_be_modelled_is_no_proof(recording: Recording, deed: str) -> None:
    run(recording, f"import mmap, os, sys\nfolder = sys.argv[1]\n{deed}")
    with pytest.raises(NotModelled):
        recording.last_cut(seed=1)


def test_an_outsider_s_file_is_no_proof(recording: Recording) -> None:
    (recording.folder / "stranger").write_text("not recorded")
    run(recording, "import os, sys; os.chdir(sys.argv[1]); os.rename('stranger', 'friend')")
    with pytest.raises(NotModelled):
        recording.last_cut(seed=1)


def test_a_record_torn_by_the_kill_is_left_out_and_a_hole_is_an_error(recording: Recording) -> None:
    recording.mark("whole")
    recording.mark("torn")
    whole = recording.log.read_bytes()
    recording.log.write_bytes(whole[:-2])
    marks = [one for _, one in read_records(recording.log) if isinstance(one, Marked)]
    assert marks == [Marked("whole")]
    recording.log.write_bytes(whole[:-2] + whole)
    with pytest.raises(LogUnreadable):
        list(read_records(recording.log))

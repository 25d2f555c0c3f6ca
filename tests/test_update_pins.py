"""The resolution script, driven by a small stand-in for the uv command."""

import sys
import tomllib
from pathlib import Path

import pytest

from modal_serve_gen.folders import FACTS

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


@pytest.fixture(scope="module")
def update_pins():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        import update_pins

        yield update_pins


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


def test_what_an_exact_requirement_fixes_is_not_pinned_again(update_pins):
    """Only packages without an exact requirement of a chosen version float; a version given up does not count."""
    packages, direct = update_pins.floating("engine", CHOSEN, LOG)
    assert packages == ["certifi==2026.1", "deep==3.0", "extras==2.5", "loose==2.0"]
    assert direct == ["certifi==2026.1", "extras==2.5", "loose==2.0"]


def test_a_log_that_does_not_explain_the_set_is_refused(update_pins):
    """When uv's wording changes, the script stops instead of calling everything floating."""
    with pytest.raises(update_pins.Unresolved, match="wording"):
        update_pins.floating("engine", CHOSEN, "DEBUG something else\n")


@pytest.fixture
def stage(tmp_path):
    """A pins file for one engine, and a uv that answers with LOG and CHOSEN."""
    resolved = "\n".join(f"{name}=={version}" for name, version in CHOSEN.items())
    uv = tmp_path / "uv"
    uv.write_text(
        f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
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


def test_check_reports_and_write_takes_over(update_pins, stage, capsys):
    """A difference is shown and makes --check fail; after --write the same resolution is no difference."""
    uv, pins = stage
    asked = ["--pins", str(pins), "--uv", str(uv)]
    before = pins.read_text()
    assert update_pins.main([*asked, "--check"]) == 1
    assert "engine + packages: loose==2.0" in capsys.readouterr().out
    assert pins.read_text() == before
    assert update_pins.main([*asked, "--write"]) == 0
    entry = tomllib.loads(pins.read_text())["engine"]
    assert entry["packages"] == ["deep==3.0", "extras==2.5", "loose==2.0"]
    assert (entry["torch"], entry["cuda"], entry["unpinned"]) == ("2.14.0", "13.0.3", {"certifi": "why"})
    assert update_pins.main([*asked, "--check"]) == 0
    argv = (pins.parent / "argv").read_text()
    assert "--python-version 3.12" in argv and "--python-platform p" in argv


def test_uv_that_fails_or_is_absent_is_one_message(update_pins, stage, capsys):
    """Without a resolution nothing is written, and the reason is printed without a traceback."""
    uv, pins = stage
    uv.write_text("#!/bin/sh\necho 'no solution' >&2\nexit 1\n")
    for command in (str(uv), str(uv) + "-absent"):
        assert update_pins.main(["--pins", str(pins), "--uv", command, "--write"]) == 2
    assert "no solution" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_the_shipped_pins_are_whole(engine):
    """Every engine has its versions, sources and date; direct pins are among the packages; certifi stays free."""
    pins = tomllib.loads((FACTS / "pins.toml").read_text())[engine]
    assert pins["cuda"] in pins["base_image"]
    assert (FACTS / "flags" / f"{engine}-{pins['version']}.json").exists()
    assert set(pins["direct"]) < set(pins["packages"])
    names = [pin.split("==")[0] for pin in pins["packages"]]
    assert names == sorted(set(names))
    assert all(pin.count("==") == 1 for pin in pins["packages"])
    assert not set(names) & {"certifi", "torch", engine} and "certifi" in pins["unpinned"]
    assert {"version", "base_image", "torch", "packages"} <= set(pins["sources"]) and pins["read"]

"""Packages of images: which ones the steps install, and how containers get those that are not installed here."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from modal_serve_gen.rehearsal import image_packages, shell_commands, wheel_cache
from modal_serve_gen.rehearsal.containers import bare_env
from modal_serve_gen.rehearsal.control_plane import images
from modal_serve_gen.rehearsal.control_plane.state import Image
from modal_serve_gen.rehearsal.image_packages import Wanted
from modal_serve_gen.rehearsal.packages import Contents, Packages, of_module
from tests.versions import VLLM

FILES = {
    "/.requirements.txt": "a==1  # why\n-r more.txt\nb ; python_version < '3'\nc @ git+https://github.com/x/c@abc\n",
    "more.txt": "--extra-index-url https://i\nd>=2 \\\n  --hash=sha256:1\n-e .\n",
    "/.pyproject.toml": '[project]\ndependencies = ["e>1"]\n[dependency-groups]\nserve = ["f"]\n',
}
# Lines of a Dockerfile, as the SDK sends them, and the requirements in them.
STEPS = {
    "pip_install": (["RUN python -m pip install 'a[x]==1.2' 'b>=2' -f https://i"], ["a[x]==1.2", "b>=2"]),
    "uv_pip_install": (
        ["RUN /.uv/uv pip install --python $(command -v python) --compile-bytecode --torch-backend auto a b_c==1"],
        ["a", "b_c==1"],
    ),
    "several commands": (["RUN apt-get update && pip3 install -U a; X=1 sudo pip install b | cat 2>&1"], ["a", "b"]),
    "a shell list": (['RUN ["pip", "install", "a<3"]'], ["a<3"]),
    "continued lines": (["RUN pip install \\", "  # why", "  a \\", "  b", "CMD sleep"], ["a", "b"]),
    "flags of RUN": (["RUN --mount=type=cache,target=/c uv pip install --system -e . a"], ["a"]),
    "a wheel's address": (["RUN pip install https://h/x_y-1.0-py3-none-any.whl"], ["https://h/x_y-1.0-py3-none-any.whl"]),
    "from source": (["RUN pip install git+https://github.com/x/my-tool.git@v1", "RUN pip install ./here"], [""]),
    "conda": (["RUN micromamba install -n base -y -c conda-forge a b=1.2"], ["a", "b==1.2"]),
    "requirements": (["COPY /.requirements.txt /r.txt", "RUN python -m pip install -r /r.txt"], ["a==1", "d>=2", ""]),
    "uv sync": (["RUN /.uv/uv sync --project=/.uv --group=serve"], ["e>1", "f"]),
    "no installation": (["RUN echo pip install a", "RUN pip uninstall a", "ENV X='pip install a'"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_packages_of_an_install_step(name):
    """However the SDK or a Dockerfile installs them."""
    lines, requirements = STEPS[name]
    assert [item.requirement for item in image_packages.wanted(lines, FILES)] == requirements


def test_options_on_indexes_stay_with_the_packages():
    """Also those in a requirements file, and not those of another step."""
    lines = ["RUN pip install -r /.requirements.txt -i https://own", "RUN pip install z --pre"]
    options = {item.name: item.options for item in image_packages.wanted(lines, FILES)}
    assert options["a"] == ("-i", "https://own")
    assert options["d"] == ("-i", "https://own", "--extra-index-url", "https://i")
    assert options["z"] == ("--pre",)


def test_commands_are_split_outside_quotes():
    """Operators in quotes, parentheses and here-documents do not separate commands."""
    text = "a 'x && y' && (b; c) | d \"e;f\" 2>&1 ; g $(h && i)\nj"
    assert [command.text for command in shell_commands.commands(text)] == [
        "a 'x && y'", "(b; c)", 'd "e;f" 2>&1', "g $(h && i)", "j"
    ]  # fmt: skip
    steps = list(shell_commands.run_steps(["RUN python <<EOF", "print(1)", "x = 1 && 2", "EOF", "RUN next"]))
    assert steps == ["python <<EOF\nprint(1)\nx = 1 && 2\nEOF", "next"]
    assert len(shell_commands.commands(steps[0])) == 1


def wheel(folder: Path, name: str, version: str, files: dict[str, str], requires: tuple[str, ...] = ()) -> None:
    """Write a wheel, as a package index has it."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {text}\n" for text in requires)
    files = files | {f"{info}/METADATA": metadata, f"{info}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n"}
    rows = []
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            rows.append(f"{path},sha256={digest},{len(text)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder of wheels that pip is told to use instead of any index; and an empty cache."""
    monkeypatch.setenv("MODAL_SERVE_GEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


def contents(*requirements: str, brought: frozenset[str] = frozenset()) -> Contents:
    """An image with these requirements in its steps."""
    return Contents(tuple(Wanted(text.partition("=")[0], text) for text in requirements), brought)


def test_a_package_is_downloaded_once_with_what_it_requires(index, tmp_path):
    """Dependencies too, except those that are here; its modules, commands and namespace can be used."""
    start = "[console_scripts]\nToy-Run = spaces.toy:main\n"
    toy = {
        "spaces/toy.py": "import spaces.dep\ndef main(): print('ran', spaces.dep.X)\n",
        "toy-1.dist-info/entry_points.txt": start,
    }
    wheel(index, "toy", "1", toy, ("toydep>=1", "packaging", "absent; extra == 'more'"))
    wheel(index, "toydep", "2", {"spaces/dep.py": "X = 2\n"}, ("toy",))
    packages, image, said = Packages(None), contents("toy==1"), list[str]()
    wanted = packages.needed(image)
    assert [item.name for item in packages.to_download(wanted)] == ["toy"]
    packages.download(wanted, said.append)
    assert packages.missing == {} and packages.to_download(wanted) == []
    names = {distribution.name for distribution in packages.distributions(image)}
    assert names == {"toy", "toydep", "packaging"}
    bare_env.make(tmp_path / "env", (), packages.distributions(image))
    done = subprocess.run([tmp_path / "env" / "bin" / "Toy-Run"], capture_output=True, text=True)
    assert done.stdout == "ran 2\n", done.stderr
    assert Packages(None).to_download(wanted) == []  # in another rehearsal


def test_why_a_package_cannot_be_had(index, monkeypatch):
    """Too large, for GPUs, from source, or not on the index; the others are there nevertheless."""
    wheel(index, "huge", "1", {"huge.py": "x" * 2_000_000})
    wheel(index, "small", "1", {"small.py": ""})
    monkeypatch.setattr(wheel_cache, "MAX_MIB", 1)
    packages = Packages(None)
    image = Contents((*contents("huge", "small", "unknown-one", "deepspeed").explicit, Wanted("own", "")), frozenset())
    packages.download(packages.needed(image), print)
    assert packages.missing.keys() == {"huge", "unknown-one", "deepspeed", "own"}
    assert "larger than" in packages.missing["huge"] and "for GPUs" in packages.missing["deepspeed"]
    assert "no wheel" in packages.missing["unknown-one"] and "built from source" in packages.missing["own"]
    assert {item.name for item in packages.distributions(image)} == {"small"}


def test_without_an_index_every_package_has_the_reason(index, monkeypatch):
    """It is asked once."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
    packages, runs = Packages(None), []
    download = wheel_cache._download
    monkeypatch.setattr(wheel_cache, "_download", lambda *arguments: runs.append(1) or download(*arguments))
    packages.download(contents("one", "two").explicit, print)
    packages.download(contents("three").explicit, print)
    assert set(packages.missing) == {"one", "two", "three"} and len(runs) == 1
    assert set(packages.missing.values()) == {wheel_cache.UNREACHABLE}


def test_an_engine_brings_packages_that_only_imports_need(index):
    """Of what an engine brings, only what the app imports is downloaded, also if a step names it."""
    image = contents("toy-a", "toy-b", "toy-c", brought=frozenset({"toy-b", "toy-c", "toy-d", "pillow"}))
    assert {item.name for item in Packages(frozenset()).needed(image)} == {"toy-a"}
    imported = Packages(frozenset({"toy_c", "toy_d", "toy_e"}))
    assert {item.name for item in imported.needed(image)} == {"toy-a", "toy-c", "toy-d"}
    assert of_module("PIL") == "pillow" and of_module("toy_e") == "toy-e"


def test_packages_that_the_client_imports(index, tmp_path):
    """Only packages that public apps use, by the names of their modules, and only those that are not here."""
    wheel(index, "pyyaml_two", "1", {"other.py": ""})
    wheel(index, "python_dotenv", "1", {"dotenv/__init__.py": "X = 1\n"})
    wheel(index, "own_tool", "1", {"own_tool.py": ""})
    names, distributions = Packages(None).for_client({"dotenv", "own_tool", "typer", "os", "no.such"}, print)
    assert names == ["python-dotenv"]
    bare_env.link(tmp_path, distributions)
    done = subprocess.run(
        [sys.executable, "-c", "import dotenv; print(dotenv.X)"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "1\n", done.stderr


@pytest.mark.parametrize(
    ("commands", "present"),
    [
        (["FROM base", f"RUN uv pip install vllm=={VLLM}"], False),
        (["FROM python:3.12-slim", f"RUN uv pip install 'vllm[runai]=={VLLM}'"], True),
        (["FROM nvidia/cuda:13.0.2-devel-ubuntu24.04", "RUN pip install vllm runai-model-streamer[s3]"], True),
        ([f"FROM vllm/vllm-openai:v{VLLM}"], None),
        (["FROM somebody/image", "RUN pip install vllm"], None),
    ],
)
def test_the_packages_of_an_image(commands, present):
    """Those of its steps, of the engine and of the engine's extras; unknown for a base image of others."""
    names = images.packages(Image("im-1", commands))
    assert (None if names is None else "runai-model-streamer" in names) is present
    assert names is None or "transformers" in names

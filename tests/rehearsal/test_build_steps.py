"""Steps of an image's build: which commands are run, and which files containers get from it."""

import shutil
from pathlib import Path

import pytest

from modal_serve_gen.rehearsal import build_steps
from modal_serve_gen.rehearsal.control_plane import image_layers
from modal_serve_gen.rehearsal.control_plane.state import App, Container, ControlPlane, Function, Image
from tests.rehearsal.conftest import edit
from tests.rehearsal.test_isolation import possible

APP = Path(__file__).parent / "apps" / "foreign_built.py"
# Lines of a layer, the commands of its script, and the commands that are listed as not run.
STEPS = {
    "hf": (["RUN hf download a/b --revision c"], ["hf download a/b --revision c"], []),
    "an older client": (
        ["RUN X=1 /v/bin/huggingface-cli download a/b --local-dir /m --local-dir-use-symlinks=False --resume-download"],
        ["X=1 hf download a/b --local-dir /m"],
        [],
    ),
    "uv run": (["RUN uv run --no-sync hf download a/b"], ["hf download a/b"], []),
    "between others": (
        ["RUN apt-get update && make x; cd /m && export A=1 && hf download a/b && rm -r y"],
        ["mkdir -p /m && cd /m", "export A=1", "hf download a/b"],
        ["make x", "rm -r y"],
    ),
    "python": (
        ["RUN python3 -c 'import x; x.AutoModel.from_pretrained(\"a/b\")'", "RUN python -c 'print(1)'"],
        ["python3 -c 'import x; x.AutoModel.from_pretrained(\"a/b\")'"],
        ["python -c 'print(1)'"],
    ),
    "a here-document": (
        ["RUN python <<EOF", "snapshot_download('a/b')", "EOF"],
        ["python <<EOF", "snapshot_download('a/b')", "EOF"],
        [],
    ),
    "a clone from the Hub": (
        ["RUN git clone https://huggingface.co/a/b", "RUN git clone --depth 1 https://hf.co/datasets/a/c.git /d"],
        ["hf download a/b --local-dir b", "hf download --repo-type dataset a/c --local-dir /d"],
        [],
    ),
    "no download": (["RUN pip install a && vllm serve a/b && git clone https://h/x"], [], ["vllm serve a/b", "git clone https://h/x"]),
    "a long command": ([f"RUN make {'x' * 99}"], [], [f"make {'x' * 51} ..."]),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_downloads_are_run_and_the_rest_is_listed(name):
    """Folders that other commands would have made are made; packages and messages are not listed."""
    lines, script, not_run = STEPS[name]
    steps = build_steps.read(lines)
    assert [line for line in steps.script.split("\n")[2:] if line != "mkdir -p / && cd /"] == script
    assert list(steps.not_run) == not_run


def test_a_step_begins_in_the_working_folder():
    """WORKDIR of this layer or of an earlier one."""
    assert "cd /w" in build_steps.read(["WORKDIR /w", "RUN hf download a/b"]).script
    assert "cd /earlier" in build_steps.read(["RUN hf download a/b"], "/earlier").script


def test_copied_files():
    """From the context of a layer, as Docker places files and folders."""
    files = {"/a/x.txt": "1", "/a/b/y.txt": "2", "/z.txt": "3"}
    lines = ["COPY a /to", "COPY z.txt /to/", "COPY --chmod=1 z.txt named", "COPY --from=other /q /to", "ADD . /all"]
    copied = [f"{path} {digest}" for path, digest in build_steps.copies(lines, files, "/w")]
    assert copied == [
        "/to/x.txt 1", "/to/b/y.txt 2", "/to/z.txt 3", "/w/named 3", "/all/a/x.txt 1", "/all/a/b/y.txt 2",
        "/all/z.txt 3",
    ]  # fmt: skip


def test_only_what_a_container_wrote_is_kept(tmp_path):
    """Files of the machine, mounts and links to uploaded files are left out; later layers replace links."""
    plane = ControlPlane(tmp_path)
    folder = tmp_path / "c" / "1"
    for path in ("fs/made/deep/x", "fs/etc/hosts", "fs/vol/inside", "root/own"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    (folder / "root" / "app.py").symlink_to(tmp_path / "blobs" / "1")
    (folder / "root" / "link").symlink_to("../blobs/own")
    (folder / "specification").write_text('{"mounts": [["/somewhere", "/vol"]]}')
    image = Image("im-1", [])
    container = Container("ta-1", Function("fu-1", App("ap-1", ""), "f"), folder, 1)
    image_layers.keep(plane, image, container)
    for _ in range(2):
        image_layers.apply(image, tmp_path / "new")
    kept = {
        path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*") if not path.is_dir()
    }
    assert kept == {"fs/made/deep/x", "root/own", "root/link"} | ({"home"} & kept)
    image_layers.copied(plane, image, [("/root/../../outside", "1")])
    assert not (tmp_path / "outside").exists()


@possible
def test_weights_of_the_build_are_in_the_containers(rehearse, tmp_path):
    """Of commands and of a build function; other commands are listed once."""
    shutil.copyfile(APP, tmp_path / "a.py")
    run = rehearse()
    assert run.code == 0, run.output
    assert "SEEN [['model.safetensors'], True, True, 'kept', True, 0, '/cache/hf']" in run.output
    (line,) = [line for line in run.report["not_shown"] if "not run here" in line]
    assert line.endswith(": apt-get install -y git; make install")


@possible
def test_a_model_that_does_not_exist_fails_the_build(rehearse, tmp_path):
    """As on Modal, with the client's reason."""
    shutil.copyfile(APP, tmp_path / "a.py")
    edit(tmp_path / "a.py", ("--revision {REVISION}", "--revision gone"))
    run = rehearse()
    assert run.code == 1 and "A command of the image failed" in run.last_lines, run.output

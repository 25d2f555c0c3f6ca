"""`--state`: Volumes and Secrets that a rehearsal keeps for the next one; and deployments within a rehearsal."""

import asyncio
import errno
import itertools
import json
import os
import resource
import shutil
import sys
import traceback
from pathlib import Path

import pytest
from grpclib import GRPCError
from modal_proto import api_pb2

from modal_serve_gen.errors import BadInput
from modal_serve_gen.rehearsal import secret_keys, state_dir
from modal_serve_gen.rehearsal.control_plane import objects, volume_files, volume_paths, volumes
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane
from tests.conftest import slow_except

PROMPTS = 1200  # more than two shards of the smallest batch app


@pytest.mark.slow
def test_a_batch_job_is_resumed_by_another_rehearsal(new, shell, tmp_path):
    """Only the shard without results is computed; with --fresh, all of them."""
    new(workflow="vllm-throughput", model="Qwen/Qwen3-0.6B")
    lines = [json.dumps({"prompt": f"How much is {number} + 1?"}) for number in range(PROMPTS)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    arguments = ("rehearse", "a.py", "--engine", "stub", "--json", "--state", "my state")
    options = ("--", "--input", "in.jsonl", "--output", "out.jsonl")
    jobs = []
    for more in ((), (), ("--fresh",)):
        done = shell(*arguments, *more, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        jobs.append(next(line for line in done.stderr.splitlines() if line.startswith("job ")).partition(": ")[2])
        written = Path(json.loads(done.stdout)["written"]["folder"])
        assert len((written / "out.jsonl").read_text().splitlines()) == PROMPTS
        shutil.rmtree(written)
        (shard,) = (tmp_path / "my state" / "volumes").glob("*-jobs/*/results/0000001.jsonl")
        shard.unlink()
    complete = f"{PROMPTS} prompts in {jobs[0].split()[3]} shards to answer"
    assert jobs[0] == jobs[2] == complete and " in 1 shards " in jobs[1]


@pytest.mark.parametrize("workflow", slow_except(["vllm-online", "vllm-cold-start"], "vllm-cold-start"))
def test_a_deployed_app_is_rehearsed(new, rehearse, workflow):
    """`-- --deployed` deploys first; snapshots are taken of deployed apps only."""
    new(workflow=workflow)
    run = rehearse("--", "--deployed")
    assert run.code == 0 and "the app is deployed first" in run.output, run.output
    snapshots = any("memory snapshot" in line for line in run.report["substituted"])
    assert snapshots == (workflow == "vllm-cold-start")


@pytest.mark.slow
def test_an_edited_secret_is_used(new, rehearse, tmp_path):
    """The first rehearsal writes placeholders to a file; the app gets what the file contains later."""
    new(model="meta-llama/Llama-3.2-1B-Instruct")
    run = rehearse("--state", "kept")
    assert run.code == 0 and "placeholder values for HF_TOKEN" in run.output, run.output
    (file,) = (tmp_path / "kept" / "secrets").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(json.dumps({"HF_TOKEN": "hf_mine"}))
    run = rehearse("--state", "kept")
    assert run.code == 0 and "placeholder values" not in run.output, run.output
    file.write_text(json.dumps({"TOKEN": "hf_mine"}))
    run = rehearse("--state", "kept")
    assert run.code == 1 and "is missing key(s): HF_TOKEN" in run.output
    file.write_text("{")
    assert "is not a JSON object of strings" in rehearse("--state", "kept").output


def get(plane: ControlPlane, name: str, **more) -> dict[str, str]:
    """The values that a client gets for a Secret."""
    request = api_pb2.SecretGetOrCreateRequest(deployment_name=name, **more)
    return plane.secrets[asyncio.run(objects.SecretGetOrCreate(plane, request))["secret_id"]]


def test_a_secret_is_created_as_by_modal(tmp_path):
    """An existing Secret is an error or overwritten; placeholders grow with the required keys."""
    plane = ControlPlane(tmp_path)
    create, overwrite = (
        getattr(api_pb2, f"OBJECT_CREATION_TYPE_CREATE_{how}") for how in ("FAIL_IF_EXISTS", "OVERWRITE_IF_EXISTS")
    )
    assert get(plane, "own", env_dict={"KEY": "1"}, object_creation_type=create) == {"KEY": "1"}
    with pytest.raises(GRPCError, match="already exists"):
        get(plane, "own", env_dict={"KEY": "2"}, object_creation_type=create)
    assert get(plane, "own", env_dict={"KEY": "3"}, object_creation_type=overwrite) == {"KEY": "3"}
    assert get(plane, "own", required_keys=["KEY"]) == {"KEY": "3"}
    assert set(get(plane, "made-up", required_keys=["A"])) == {"A"}
    assert set(get(plane, "made-up", required_keys=["A", "B"])) == {"A", "B"}
    assert get(plane, "unknown") == {}
    assert any("--secret unknown=KEY" in line for line in plane.substituted)


WRITING = {"open", "os.rename", "os.mkdir", "os.remove", "os.chmod", "tempfile.mkstemp"}  # audit events


def kept_files(folder: Path) -> None:
    """Everything that a rehearsal keeps: a Volume and its files, and a Secret."""
    with state_dir.open_state_dir(folder, fresh=False):
        plane = ControlPlane(folder)
        create = api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING
        request = api_pb2.VolumeGetOrCreateRequest(deployment_name="v", version=2, object_creation_type=create)
        reply = asyncio.run(volumes.VolumeGetOrCreate(plane, request))
        assert reply["version"] == 2
        assert get(plane, "own", required_keys=["KEY"]) == {"KEY": secret_keys.placeholder("KEY")}
        root = volumes.root(plane, reply["volume_id"])
        assert not (root / "file").exists() or (root / "file").read_text() == "complete"
        with volume_paths.arriving(plane, root / "file", 0o644) as new:
            new.write_text("complete")
        (root / "folder").mkdir(exist_ok=True)
        copy = api_pb2.VolumeCopyFiles2Request(
            volume_id=reply["volume_id"], src_paths=["file"], dst_path="folder/copy", recursive=True
        )
        asyncio.run(volume_files.VolumeCopyFiles2(plane, copy))
        assert (root / "folder" / "copy").read_text() == "complete"


def interrupted(folder: Path, step: int, how: str) -> bool:
    """Run `kept_files` in a process in which the write with the number `step` fails; True if it came that far."""
    child = os.fork()
    if child == 0:
        count = itertools.count()

        def fail(event: str, arguments: tuple) -> None:
            is_ours = event in WRITING and arguments and str(arguments[0]).startswith(str(folder))
            if is_ours and (event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)) and next(count) == step:
                if how == "kill":
                    os._exit(7)
                if how == "cut" and event == "open":  # as on a disk without space: the file is empty
                    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
                    return
                raise OSError(errno.ENOSPC, "No space left on device")

        sys.addaudithook(fail)
        try:
            kept_files(folder)
        except (OSError, BadInput):
            os._exit(7)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 7)
    return code == 7


@pytest.mark.parametrize("how", ["kill", "full", "cut"])
def test_an_interrupted_write_costs_nothing(tmp_path, how):
    """The process is killed, or the disk is full, at every single write: the next rehearsal goes on."""
    step = 0
    while interrupted(tmp_path / str(step), step, how):
        kept_files(tmp_path / str(step))
        (folder,) = (tmp_path / str(step) / "secrets").iterdir()
        assert folder.name == "own.json"
        step += 1
    assert step > 8


def test_an_empty_version_file_is_no_version(tmp_path):
    """As an earlier version of the program left on a full disk."""
    kept_files(tmp_path / "kept")
    for content in ("", "x", "7", "9" * 5000):
        (tmp_path / "kept" / "volumes" / "versions~" / "v").write_text(content)
        kept_files(tmp_path / "kept")
    (tmp_path / "kept" / "secrets" / "own.json").write_text("")
    kept_files(tmp_path / "kept")


def test_an_unsuitable_state_folder_is_refused(tmp_path, cli):
    """A folder with other files, a file, a folder in use; and --fresh without a folder."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("mine")
    (tmp_path / "file").write_text("")
    for name, problem in (("other", "contains files other"), ("file", "cannot be used")):
        with pytest.raises(BadInput) as refusal, state_dir.open_state_dir(tmp_path / name, fresh=True):
            pass
        assert problem in refusal.value.problem
    assert (tmp_path / "other" / "thesis.tex").exists()
    with state_dir.open_state_dir(tmp_path / "own", fresh=False) as folder:
        (folder / "volumes").mkdir()
        with pytest.raises(BadInput) as refusal, state_dir.open_state_dir(tmp_path / "own", fresh=True):
            pass
        assert "in use" in refusal.value.problem and (folder / "volumes").exists()
    (tmp_path / "own" / "secrets").mkdir()
    for name, value in (("mine", "my value"), ("made-up", secret_keys.PLACEHOLDER)):
        (tmp_path / "own" / "secrets" / f"{name}.json").write_text(json.dumps({"KEY": value}))
    with state_dir.open_state_dir(tmp_path / "own", fresh=True) as folder:
        assert not (folder / "volumes").exists()
        assert [file.name for file in (folder / "secrets").iterdir()] == ["mine.json"]
    shutil.copyfile(__file__, tmp_path / "a.py")
    result = cli("rehearse", "a.py", "--engine", "stub", "--fresh")
    assert result.exit_code == 2 and "Add --state DIR." in result.stderr

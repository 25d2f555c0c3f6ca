"""What a rehearsal leaves for the next: Volumes and Secrets in a folder of the user's; and deployments within one."""

import asyncio
import json
import shutil

import pytest
from grpclib import GRPCError
from modal_proto import api_pb2

from modal_serve_gen.errors import BadInput
from modal_serve_gen.rehearsal import state_dir
from modal_serve_gen.rehearsal.control_plane import objects
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane

PROMPTS = 1200  # more than two shards of the smallest batch app


def test_a_batch_goes_on_where_another_rehearsal_left_it(shell, tmp_path):
    """Of a job whose Volume was kept, only the shard without results is computed; --fresh computes all of it."""
    assert (
        shell("new", "a.py", "--offline", "--workflow", "vllm-throughput", "--model", "Qwen/Qwen3-0.6B").returncode == 0
    )
    lines = [json.dumps({"prompt": f"How much is {number} + 1?"}) for number in range(PROMPTS)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    arguments = ("rehearse", "a.py", "--engine", "stub", "--state", "my state")
    rest = ("--", "--input", "in.jsonl", "--output", "out.jsonl")
    said = []
    for more in ((), (), ("--fresh",)):
        done = shell(*arguments, *more, *rest)
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(next(line for line in done.stdout.splitlines() if line.startswith("job ")).partition(": ")[2])
        assert len((tmp_path / "out.jsonl").read_text().splitlines()) == PROMPTS
        (tmp_path / "out.jsonl").unlink()
        (shard,) = (tmp_path / "my state" / "volumes").glob("*-jobs/*/results/0000001.jsonl")
        shard.unlink()
    every = f"{PROMPTS} prompts in {said[0].split()[3]} shards to answer"
    assert said[0] == said[2] == every and " in 1 shards " in said[1]


@pytest.mark.parametrize("workflow", ["vllm-online", "vllm-cold-start"])
def test_a_deployment_is_asked(shell, workflow):
    """`-- --deployed` deploys first; only then are snapshots taken, in the app's own order of calls."""
    assert shell("new", "a.py", "--offline", "--workflow", workflow).returncode == 0
    done = shell("rehearse", "a.py", "--engine", "stub", "--json", "--", "--deployed")
    assert done.returncode == 0, done.stderr
    assert "the app is deployed first" in done.stderr
    stored = any("memory snapshot" in line for line in json.loads(done.stdout)["substituted"])
    assert stored == (workflow == "vllm-cold-start")


def test_an_edited_secret_opens_a_gated_model(shell, tmp_path):
    """The first rehearsal makes placeholders; what their owner puts in their place is what the app sees."""
    assert shell("new", "a.py", "--offline", "--model", "meta-llama/Llama-3.2-1B-Instruct").returncode == 0
    first = shell("rehearse", "a.py", "--engine", "stub", "--state", "kept")
    assert first.returncode == 0 and "placeholder values for HF_TOKEN" in first.stdout, first.stdout + first.stderr
    (file,) = (tmp_path / "kept" / "secrets").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(json.dumps({"HF_TOKEN": "hf_mine"}))
    second = shell("rehearse", "a.py", "--engine", "stub", "--state", "kept")
    assert second.returncode == 0 and "placeholder values" not in second.stdout, second.stdout + second.stderr
    file.write_text(json.dumps({"TOKEN": "hf_mine"}))
    third = shell("rehearse", "a.py", "--engine", "stub", "--state", "kept")
    assert third.returncode == 1 and "is missing key(s): HF_TOKEN" in third.stdout
    file.write_text("{")
    assert "is not a JSON object of strings" in shell("rehearse", "a.py", "--engine", "stub", "--state", "kept").stdout


def get(plane: ControlPlane, name: str, **more) -> dict[str, str]:
    """The values of the Secret that a client asks for."""
    request = api_pb2.SecretGetOrCreateRequest(deployment_name=name, **more)
    return plane.secrets[asyncio.run(objects.SecretGetOrCreate(plane, request))["secret_id"]]


def test_a_secret_is_made_as_modal_makes_it(tmp_path):
    """New, again, instead of another; placeholders grow with the keys that an app asks for."""
    plane = ControlPlane(tmp_path)
    new, instead = (
        getattr(api_pb2, f"OBJECT_CREATION_TYPE_CREATE_{how}") for how in ("FAIL_IF_EXISTS", "OVERWRITE_IF_EXISTS")
    )
    assert get(plane, "own", env_dict={"KEY": "1"}, object_creation_type=new) == {"KEY": "1"}
    with pytest.raises(GRPCError, match="already exists"):
        get(plane, "own", env_dict={"KEY": "2"}, object_creation_type=new)
    assert get(plane, "own", env_dict={"KEY": "3"}, object_creation_type=instead) == {"KEY": "3"}
    assert get(plane, "own", required_keys=["KEY"]) == {"KEY": "3"}
    assert set(get(plane, "made-up", required_keys=["A"])) == {"A"}
    assert set(get(plane, "made-up", required_keys=["A", "B"])) == {"A", "B"}
    with pytest.raises(GRPCError, match="name its keys"):
        get(plane, "unknown")


def test_a_folder_that_cannot_keep_it_is_refused(tmp_path, shell):
    """One with other things in it, a file, one in use; and --fresh without a folder to empty."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("mine")
    (tmp_path / "file").write_text("")
    for name, said in (("other", "contains files other"), ("file", "cannot be used")):
        with pytest.raises(BadInput) as refusal, state_dir.open_state_dir(tmp_path / name, fresh=True):
            pass
        assert said in refusal.value.problem
    assert (tmp_path / "other" / "thesis.tex").exists()
    with state_dir.open_state_dir(tmp_path / "own", fresh=False) as folder:
        (folder / "volumes").mkdir()
        with pytest.raises(BadInput) as refusal, state_dir.open_state_dir(tmp_path / "own", fresh=True):
            pass
        assert "in use" in refusal.value.problem and (folder / "volumes").exists()
    with state_dir.open_state_dir(tmp_path / "own", fresh=True) as folder:
        assert not (folder / "volumes").exists()
    shutil.copyfile(__file__, tmp_path / "a.py")
    done = shell("rehearse", "a.py", "--engine", "stub", "--fresh")
    assert done.returncode == 2 and "Add --state DIR." in done.stderr

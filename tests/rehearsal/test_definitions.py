"""Definitions that the real SDK sends to Modal when the golden apps are deployed."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from modal_proto import api_pb2

from modal_serve_gen import render
from scripts import golden
from tests.conftest import slow_except
from tests.rehearsal.local_modal import local_modal

EVERYDAY = (
    "vllm_online_default",
    "vllm_online_api_key",
    "vllm_online_server",
    "vllm_cold_start_default",
    "sglang_low_latency_default",
    "sglang_low_latency_http_server",
    "vllm_throughput_default",
    "vllm_throughput_two_gpus",
)
CASES = slow_except(sorted(golden.CASES), *EVERYDAY)


@pytest.fixture(scope="module", params=CASES)
def app(request) -> tuple[str, dict]:
    """A golden app and its deployed functions: tag -> (definition, image, secrets). Build functions do not run."""

    async def build(image) -> None:
        image.result = api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_SUCCESS)
        image.changed.notify()

    async def main() -> dict:
        with tempfile.TemporaryDirectory() as folder:
            async with local_modal(Path(folder)) as local:
                plane = local.plane
                plane.run_build = build
                path = Path(folder, f"{request.param}.py")
                path.write_text(golden.app(request.param))
                code, output = await local.modal("deploy", "--name", request.param, str(path))
                assert code == 0, output
                app = next(app for app in plane.apps.values() if app.name == request.param)
                return {
                    tag.removesuffix(".*"): (
                        function.definition,
                        plane.images[function.definition.image_id],
                        [plane.secrets[name] for name in function.definition.secret_ids],
                    )
                    for tag, function in app.functions.items()
                }

    return request.param, asyncio.run(main())


def definition_of(case: str, deployed: dict) -> tuple:
    """The resolved request of a case, and the function or class that runs the engine."""
    resolved = render.read_provenance(golden.app(case))
    served = next(name for name in ("serve", "Server", "Engine") if name in deployed)
    return (resolved, *deployed[served])


def test_hardware_and_caches(app):
    """GPUs of the plan; Volumes for weights, for compiled kernels and for jobs; the requested region."""
    resolved, definition, _, _ = definition_of(*app)
    gpu = definition.resources.gpu_config
    assert (gpu.gpu_type, gpu.count) == (resolved.plan.gpu.upper(), resolved.plan.gpus)
    paths = {mount.mount_path for mount in definition.volume_mounts}
    assert paths - {"/jobs"} == {"/weights", "/compiled"} and ("/jobs" in paths) == (resolved.spec.endpoint is None)
    regions = list(definition.scheduler_placement.regions)
    assert regions == ([resolved.spec.region] if resolved.spec.region else [])
    if definition.is_server or definition.experimental_options.get("flash"):
        assert list(definition.http_config.proxy_regions) == [resolved.plan.routing_region]


def test_limits(app):
    """Time-outs, containers and concurrency are those of the plan and the options."""
    resolved, definition, _, _ = definition_of(*app)
    spec, plan, scaling = resolved.spec, resolved.plan, definition.autoscaler_settings
    start = definition.http_config.startup_timeout if definition.is_server else definition.startup_timeout_secs
    assert start == plan.startup_timeout_s
    assert scaling.max_containers == spec.max_containers
    assert scaling.scaledown_window == spec.scaledown_window
    assert scaling.min_containers == spec.min_containers
    if definition.is_server:
        # Two fields, of newer SDKs and of older ones.
        target = getattr(scaling, "target_concurrency_float", 0) or definition.target_concurrent_inputs
        assert 0 < target <= plan.max_num_seqs
    elif spec.endpoint == "http-server":
        assert 0 < definition.target_concurrent_inputs <= plan.max_num_seqs
    elif spec.endpoint:
        assert definition.max_concurrent_inputs == plan.max_num_seqs
        assert 0 < definition.target_concurrent_inputs <= plan.max_num_seqs
        assert definition.timeout_secs >= 3600
    else:
        assert definition.retry_policy.retries == 3 and definition.max_concurrent_inputs <= 1


def test_authentication(app):
    """Modal requires proxy tokens exactly where the option says so; an API key comes from a Secret, not the app."""
    resolved, definition, _, secrets = definition_of(*app)
    web = definition.webhook_config
    if definition.method_definitions:
        web = next((method.webhook_config for method in definition.method_definitions.values()
                    if method.webhook_config.type), web)  # fmt: skip
    closed = not definition.http_config.unauthenticated if definition.is_server else web.requires_proxy_auth
    assert closed == (resolved.spec.auth == "proxy")
    keys = {key for secret in secrets for key in secret if key.endswith("_API_KEY")}
    assert len(keys) == (1 if resolved.spec.auth == "api-key" else 0)
    assert {"HF_HUB_OFFLINE": "1"}.items() <= {
        key: value for secret in secrets for key, value in secret.items()
    }.items()


def test_image_and_preflight(app):
    """CUDA base with its own Python, the pinned engine and its packages; preflight runs before kernels are compiled."""
    resolved, _, image, _ = definition_of(*app)
    text = "\n".join(image.commands)
    pins = resolved.pins
    assert f"FROM {pins.base_image}" in text and image.python == pins.python
    engine = "sglang" if "sglang" in app[0] else "vllm"
    assert f"{engine}=={pins.version}" in text and all(package in text for package in pins.packages)
    assert "HF_XET_HIGH_PERFORMANCE" in text and "HF_HUB_OFFLINE" not in text
    build = app[1]["download"][1].build
    assert build.tag == "preflight" and not build.definition.resources.gpu_config.gpu_type
    assert {mount.mount_path for mount in build.definition.volume_mounts} >= {"/weights", "/compiled"}


def test_only_the_cold_start_workflow_takes_snapshots(app):
    """Snapshots of memory and of the GPU."""
    _, definition, _, _ = definition_of(*app)
    options = dict(definition.experimental_options)
    assert definition.checkpointing_enabled == ("cold_start" in app[0])
    assert ("enable_gpu_snapshot" in options) == ("cold_start" in app[0])


def test_a_schedule_is_deployed(app):
    """The schedule of the options; no other app has one."""
    case, deployed = app
    definitions = [definition for definition, _, _ in deployed.values() if definition.HasField("schedule")]
    schedule = golden.CASES[case].get("schedule")
    assert [definition.schedule.cron.cron_string for definition in definitions] == ([schedule] if schedule else [])

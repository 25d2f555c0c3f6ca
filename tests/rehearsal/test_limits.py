"""Values that Modal's client accepts but its service refuses; the error has the value and the limits."""

import dataclasses

import pytest
from grpclib import GRPCError
from modal_proto import api_pb2

from modal_serve_gen import facts
from modal_serve_gen.rehearsal.control_plane import limits


def function(**fields) -> api_pb2.Function:
    return api_pb2.Function(**fields)


def resources(**fields) -> api_pb2.Function:
    gpu = api_pb2.GPUConfig(gpu_type=fields.pop("gpu", ""), count=fields.pop("count", 1))
    return function(resources=api_pb2.Resources(gpu_config=gpu, **fields))


def scaled(**fields) -> api_pb2.Function:
    return function(autoscaler_settings=api_pb2.AutoscalerSettings(**fields))


def placed(region: str) -> api_pb2.Function:
    return function(scheduler_placement=api_pb2.SchedulerPlacement(regions=[region]))


REFUSED = {
    "serve requests cpu=0.1; Modal accepts 0.125 to 64 cores.": resources(milli_cpu=100),
    "serve requests cpu=65; Modal accepts 0.125 to 64 cores.": resources(milli_cpu_max=65_000),
    "serve requests memory=64; Modal accepts 128 to 344,064 MiB.": resources(memory_mb=64),
    "serve requests memory=400,000; Modal accepts 128 to 344,064 MiB.": resources(memory_mb_max=400_000),
    "serve requests ephemeral_disk=1,000; Modal accepts 524,288 to 3,145,728 MiB.": resources(ephemeral_disk_mb=1000),
    "serve requests timeout=86,401; Modal accepts 1 to 86,400 s.": function(timeout_secs=86401),
    "serve requests scaledown_window=1; Modal accepts 2 to 3,600 s.": function(task_idle_timeout_secs=1),
    "serve requests max_containers=5,000; Modal accepts 0 to 4,000.": scaled(max_containers=5000),
    "serve requests at least 3 and at most 2 containers.": scaled(min_containers=3, max_containers=2),
    "'H101:1' is not a GPU": resources(gpu="H101"),
    "'H100:9' requests 9 GPUs": resources(gpu="H100", count=9),
    "'us-eats' is not a Modal region. Did you mean us-east?": placed("us-eats"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_values_outside_the_limits_are_refused(message):
    with pytest.raises(GRPCError) as refusal:
        limits.check_function("serve", REFUSED[message])
    assert refusal.value.message.startswith(message), refusal.value.message


@pytest.mark.parametrize(
    "definition",
    [
        function(),
        resources(milli_cpu=125, milli_cpu_max=64_000, memory_mb=128, memory_mb_max=344_064, gpu="H100", count=8),
        resources(ephemeral_disk_mb=524_288),
        function(timeout_secs=86400, task_idle_timeout_secs=3600),
        scaled(min_containers=2, max_containers=2),
        scaled(min_containers=2),
        placed("us-east"),
    ],
)
def test_values_at_the_limits_pass(definition):
    limits.check_function("serve", definition)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "../up", "a\n", "ä", "x" * 65])
def test_an_invalid_name_is_refused(name):
    with pytest.raises(GRPCError, match="is not a valid name for a Secret: Modal accepts up to 64 letters"):
        limits.check_name("Secret", name)


def test_valid_names_pass():
    for name in ("a", "my-app_2.0", ".hidden", "x" * 64):
        limits.check_name("App", name)


@pytest.mark.parametrize("values", [{"1A": ""}, {"A-B": ""}, {"": ""}, {"A": "x" * 32_769}])
def test_an_invalid_secret_is_refused(values):
    with pytest.raises(GRPCError):
        limits.check_secret(values)
    limits.check_secret({"A_1": "x" * 32_768})


def test_every_limit_has_a_source():
    names = {field.name for field in dataclasses.fields(facts.limits())} - {"read"}
    assert all(getattr(facts.limits(), name).source for name in names)

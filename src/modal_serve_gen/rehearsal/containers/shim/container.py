"""Start the SDK's own container entrypoint, with the container's address instead of eth0's."""

import os
import runpy
import sys

import modal._runtime.asgi
import rehearsal_shim  # noqa: F401  (without it a container would listen beyond loopback, so it must not start)

if "REHEARSAL_ISOLATED" not in os.environ:  # it has no eth0
    modal._runtime.asgi.get_ip_address = lambda interface: os.environ["REHEARSAL_OUTER"]
sys.argv = ["modal._container_entrypoint"]
runpy.run_module("modal._container_entrypoint", run_name="__main__", alter_sys=True)

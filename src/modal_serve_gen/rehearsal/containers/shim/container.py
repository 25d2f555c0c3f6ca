"""Start the SDK's own container entrypoint, telling it the container's address in place of eth0's."""

import os
import runpy
import sys

import modal._runtime.asgi
import rehearsal_shim  # noqa: F401  (a container without it would listen beyond loopback: better that it cannot start)

if "REHEARSAL_ISOLATED" not in os.environ:  # where it has no eth0 of its own
    modal._runtime.asgi.get_ip_address = lambda interface: os.environ["REHEARSAL_OUTER"]
sys.argv = ["modal._container_entrypoint"]
runpy.run_module("modal._container_entrypoint", run_name="__main__", alter_sys=True)

"""Run an unmodified Modal app on one machine: control plane, containers, HTTP ingress, local Hub and engines."""

"""Run an unmodified Modal app on one machine: control plane, containers, HTTP front, local hub and engines."""

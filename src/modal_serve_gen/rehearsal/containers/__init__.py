"""Containers: local processes that run the SDK's own entrypoint, what they are given, and how they are cleared away."""

"""Containers: local processes that run the SDK's own entrypoint, their environment, and their cleanup."""

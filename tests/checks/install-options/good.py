import modal

image = modal.Image.debian_slim().pip_install("torch==2.14.0", extra_index_url="https://example.com/wheels")

import modal

image = modal.Image.debian_slim().pip_install(
    "torch==2.14.0",
    "--extra-index-url",  # finding: does not accept '--extra-index-url' as a package
    "https://example.com/wheels",
)

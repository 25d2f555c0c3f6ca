import modal

image = modal.Image.debian_slim().pip_install(
    "torch==2.14.0",
    "--extra-index-url",  # finding: takes no option
    "https://example.com/wheels",
)

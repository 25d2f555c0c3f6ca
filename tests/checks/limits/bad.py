import modal

app = modal.App("example")


@app.function(
    timeout=7 * 24 * 3600,  # finding: timeout=604800 is outside
    scaledown_window=2 * 3600,  # finding: scaledown_window=7200 is outside
    min_containers=3,  # finding: exceeds max_containers=2
    max_containers=2,
    secrets=["huggingface-secret"],  # finding: a secret is passed as a string
)
def work():
    pass

import modal

app = modal.App("example")


@app.function(
    timeout=24 * 3600,
    scaledown_window=20 * 60,
    min_containers=1,
    max_containers=2,
    secrets=[modal.Secret.from_name("huggingface-secret")],
)
def work():
    pass

import modal

app = modal.App("example")


@app.cls(
    gpu="H100:2",
    enable_memory_snapshot=True,  # finding: 2 GPUs
)
class Model:
    @modal.enter(snap=True)
    def start(self):
        pass

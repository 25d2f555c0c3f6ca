import modal

app = modal.App("example")


@app.cls(gpu="H100", enable_memory_snapshot=True)
class Model:
    @modal.enter(snap=True)
    def start(self):
        pass

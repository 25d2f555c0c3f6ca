import modal

app = modal.App("example")


@app.cls()
class Model:
    name: str = modal.parameter()

    @modal.enter()
    def load(self):
        pass

import modal

app = modal.App("example")


@app.cls()
class Model:
    def __init__(self, name):  # finding: has __init__
        self.name = name

    def __enter__(self):  # finding: has __enter__
        self.ready = True

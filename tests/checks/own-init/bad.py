import modal

app = modal.App("example")


@app.cls()
class Model:
    def __init__(self, name):  # finding: has an __init__
        self.name = name

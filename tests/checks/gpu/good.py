import modal

app = modal.App("example")


@app.function(gpu="h100!:8")
def many():
    pass


@app.function(gpu=["H200", "H100", "A100-80GB:2"])
def choice():
    pass

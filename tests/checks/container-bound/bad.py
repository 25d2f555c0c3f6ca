import modal

app = modal.App("example")


@app.function(gpu="L4")  # finding: no limit on its GPU containers
def work():
    pass

import modal

app = modal.App("example")


@app.function(gpu="L4")  # finding: any number of GPUs
def work():
    pass

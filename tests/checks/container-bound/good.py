import modal

app = modal.App("example")


@app.function(gpu="L4", max_containers=3)
def work():
    pass


@app.function()
def on_a_cpu():
    pass

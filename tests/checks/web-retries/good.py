import modal

app = modal.App("example")


@app.function(retries=3)
def work():
    pass

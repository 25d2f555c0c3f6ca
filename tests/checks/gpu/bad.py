import modal

app = modal.App("example")


@app.function(
    gpu="H10",  # finding: no GPU 'H10'
)
def unknown():
    pass


@app.function(
    gpu="H100:9",  # finding: requests 9 GPUs
)
def too_many():
    pass


@app.function(
    gpu=("H100", "A100"),  # finding: as a tuple
)
def choice():
    pass

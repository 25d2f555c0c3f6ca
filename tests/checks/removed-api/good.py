import modal

app = modal.App("example")


@app.function(gpu="A100:2", max_containers=3, min_containers=1, scaledown_window=300)
@modal.concurrent(max_inputs=8)
def work():
    return modal.Function.from_name("a", "b").get_web_url()

import modal
from modal import Mount  # finding: Mount

app = modal.Stub("example")  # finding: modal.Stub


@app.function(
    gpu=modal.gpu.A100(count=2),  # finding: modal.gpu
    concurrency_limit=3,  # finding: concurrency_limit
    allow_concurrent_inputs=8,  # finding: allow_concurrent_inputs
    mounts=[],  # finding: mounts
)
def work():
    pass


@app.cls(
    keep_warm=1,  # finding: keep_warm
    container_idle_timeout=300,  # finding: container_idle_timeout
)
class Model:
    @modal.web_endpoint(method="POST")  # finding: web_endpoint
    def ask(self):
        return modal.Function.lookup("a", "b").web_url  # finding: the SDK has no

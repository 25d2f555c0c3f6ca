import modal

app = modal.App("example")


@app.server(
    port=8000,
    timeout=600,  # finding: app.server takes no timeout
    region="us",  # finding: app.server takes no region
)
class Server:
    @modal.enter()
    def start(self):
        pass


@app.function(
    compute_region="us",  # finding: app.function takes no compute_region
)
@modal.web_server(8000, timeout=60)  # finding: web_server takes no timeout
def serve():
    pass

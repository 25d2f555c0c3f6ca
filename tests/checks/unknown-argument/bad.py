import modal

app = modal.App("example")


@app.server(
    port=8000,
    timeout=600,  # finding: app.server has no argument timeout
    region="us",  # finding: app.server has no argument region
)
class Server:
    @modal.enter()
    def start(self):
        pass


@app.function(
    compute_region="us",  # finding: app.function has no argument compute_region
)
@modal.web_server(8000, timeout=60)  # finding: web_server has no argument timeout
def serve():
    pass

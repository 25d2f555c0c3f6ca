import modal

app = modal.App("example")
more = {"timeout": 600, "region": "us"}


@app.server(port=8000, startup_timeout=600, compute_region="us", routing_region="us-east")
class Server:
    @modal.enter()
    def start(self):
        pass


@app.function(**more)
@modal.web_server(8000, startup_timeout=60)
def serve():
    pass

import modal

app = modal.App("example")


@app.function()
@modal.concurrent(max_inputs=8, target_inputs=6)
@modal.web_server(8000)
def serve():
    pass


@app.server(port=8000, target_concurrency=6, max_concurrency=8)
class Server:
    @modal.enter()
    def start(self):
        pass

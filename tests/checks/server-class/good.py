import modal

app = modal.App("example")


@app.server(port=8000)
class Server:
    @modal.enter()
    def start(self):
        pass

    @modal.exit()
    def stop(self):
        pass

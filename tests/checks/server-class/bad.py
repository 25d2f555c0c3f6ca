import modal

app = modal.App("example")


@app.server(port=8000)
class Idle:  # finding: has no @modal.enter
    pass


@app.server(port=8000)
class Server:
    def __init__(self):  # finding: has an __init__
        pass

    @modal.enter()
    def start(self):
        pass

    @modal.web_server(8000)  # finding: is decorated with @modal.web_server
    def web(self):
        pass

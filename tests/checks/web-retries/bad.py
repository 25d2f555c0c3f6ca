import modal

app = modal.App("example")


@app.function(
    retries=3,  # finding: the web function serve sets retries
)
@modal.web_server(8000)
def serve():
    pass

"""What plugins find of the server: an app that takes ASGI middleware."""


class App:
    """Keeps the middleware; the last that is added is the outermost."""

    def __init__(self) -> None:
        self.middleware: list[type] = []

    def add_middleware(self, each: type) -> None:
        self.middleware.append(each)


app = App()

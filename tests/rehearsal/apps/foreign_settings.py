"""A helper module next to an app: the model, its served names, and the messages of a request."""

MODEL = "Qwen/Qwen3-4B-Instruct-2507"
REVISION = "cdbee75f17c01a7cc42f958dc650907174af0554"
NAMES = [MODEL, "llm"]
PORT = 8000


def conversation(question: str) -> list[dict]:
    return [
        {"role": "system", "content": "You answer in one sentence."},
        {"role": "user", "content": [{"type": "text", "text": question}]},
    ]

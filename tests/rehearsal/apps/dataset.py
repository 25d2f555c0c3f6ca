"""A function that reads a column of a dataset, as the batch app does."""

import modal

app = modal.App("dataset")
image = modal.Image.debian_slim().uv_pip_install("datasets==5.2.0", "huggingface-hub==1.33.0")


@app.function(image=image)
def read(name: str, revision: str, split: str, column: str) -> list[str]:
    from datasets import load_dataset

    return [row[column] for row in load_dataset(name, revision=revision, split=split, streaming=True)]


@app.local_entrypoint()
def main() -> None:
    rows = read.remote("somebody/questions", "0" * 40, "train", "question")
    assert len(set(rows)) == 100, rows
    assert len(read.remote("old-ones-have-no-owner", "0" * 40, "train[:7]", "question")) == 7
    try:
        read.remote("somebody/questions", "0" * 40, "train", "no_such_column")
        raise AssertionError("an unknown column was read")
    except KeyError:
        print("dataset passed")

"""Which repositories an app passes to its engine as LoRA adapters, in the forms that apps use."""

import pytest

from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.rehearsal.adapter_repositories import found

FORMS = {
    "literal": 'cmd = ["vllm", "serve", "org/base", "--enable-lora", "--lora-modules", "a=org/one", "b=org/two"]',
    "f-string": 'A = "org/one"\nB = "org/two"\ncmd = ["--model", "org/base", "--lora-modules", f"a={A}", f"b={B}"]',
    "loop": (
        'ADAPTERS = {"a": "org/one", "b": "org/two"}\n'
        'cmd = ["vllm", "serve", "org/base"]\n'
        'cmd += ["--lora-modules", *[f"{name}={repo}" for name, repo in ADAPTERS.items()]]'
    ),
    "loop that appends": (
        'ADAPTERS = [("a", "org/one", "0" * 40), ("b", "org/two", "1" * 40)]\n'
        'modules = []\n'
        "for name, repo, sha in ADAPTERS:\n"
        '    modules.append(f"{name}={repo}")\n'
        'cmd = ["vllm", "serve", "org/base", "--lora-modules"] + modules\n'
        'cmd = ["--lora-modules", *modules, "--max-lora-rank", "16"]'
    ),
    "JSON": (
        'import json\nENTRIES = [{"name": "a", "path": "org/one", "base_model_name": "org/base"}]\n'
        'two = \'{"name": "b", "path": "org/two"}\'\n'
        'cmd = ["vllm", "serve", "org/base", "--lora-modules", *map(json.dumps, ENTRIES), two]'
    ),
    "downloaded": (
        'from huggingface_hub import snapshot_download\nBASE = "org/base"\nREPOS = {"a": "org/one", "b": "org/two"}\n'
        "def fetch():\n    snapshot_download(BASE, local_dir='/models/base')\n"
        "    for name, repo in REPOS.items():\n"
        "        snapshot_download(repo_id=repo, revision='0' * 40, local_dir=f'/adapters/{name}')\n"
        "def serve():\n"
        "    return ['vllm', 'serve', '/models/base', '--lora-modules', *(f'{n}=/adapters/{n}' for n in REPOS)]"
    ),
    "path of a download": (
        'from huggingface_hub import snapshot_download\n'
        "class M:\n    def load(self):\n"
        "        self.one = snapshot_download('org/one')\n        self.two = snapshot_download('org/two')\n"
        "        self.llm = LLM(model='org/base', enable_lora=True)\n"
        "    def ask(self):\n        return LoRARequest('a', 1, self.one), LoRARequest('b', 2, lora_path=self.two)"
    ),
    "SGLang": 'cmd = ["--model-path", "org/base", "--lora-paths", "a=org/one", "org/two", "--port", "8000"]',
    "shell": 'cmd = "vllm serve org/base --lora-modules a=org/one --lora-modules b=org/two --port 8000"',
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_adapters_are_found_by_where_they_go(form):
    """Their names say nothing: what is passed as an adapter is one, and the base model is not."""
    assert found(AppSource(FORMS[form])) == {"org/one", "org/two"}


@pytest.mark.parametrize(
    "source",
    [
        'cmd = ["vllm", "serve", "org/my-lora-adapter", "--port", "8000"]',
        'ADAPTER = "org/one"\nprint(ADAPTER)',
        'cmd = ["vllm", "serve", "org/base", "--lora-modules", "a=/adapters/a"]',
        "class M:\n    def load(self):\n        path = f'/models/{MODEL}'\n"
        "        snapshot_download(MODEL, local_dir=path)\n"
        "        self.paths = {}\n        self.paths['a'] = f'/adapters/a'\n        self.llm = LLM(model=path)\n"
        "    def ask(self, name):\n        return LoRARequest(name, 1, self.paths[name])\nMODEL = 'org/base'",
    ],
)
def test_nothing_else_is_an_adapter(source):
    assert found(AppSource(source)) == frozenset()

"""Kinds of apps that others write: each case stands for its kind, and so do the variants of it here."""

import textwrap

import pytest

from modal_serve_gen import checks
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.proxies import Proxy
from tests.conftest import ROOT
from tests.versions import VLLM

CASES = ROOT / "tests" / "data" / "cases"
PROXIED = (CASES / "proxied.py").read_text("utf-8")
TUNNEL = (CASES / "tunnel.py").read_text("utf-8")


def found(text: str) -> dict[str, str]:
    """Rule -> message of one of its findings."""
    return {finding.rule: f"{finding.message}; {finding.fix}" for finding in checks.check(textwrap.dedent(text))}


@pytest.mark.parametrize(
    ("name", "expected", "absent"),
    [
        ("fwd", {"open-tunnel"}, {"idle-window", "engine-address", "prompts-per-call"}),
        ("git3", set(), {"engine-pinned", "packages-pinned", "engine-release"}),
        ("inst", {"packages-pinned"}, {"engine-pinned"}),
        ("keylit", {"key-in-file", "key-in-argv"}, {"public-endpoint"}),
        ("local_env", {"local-environment"}, set()),
        ("proxied", set(), {"engine-address", "developer-mode", "open-routes", "readiness", "public-endpoint"}),
        ("trc", {"remote-code"}, set()),
        ("trt", set(), {"engine-flags", "engine-pinned", "answer-length", "download-on-gpu", "concurrency"}),
        ("tunnel", {"open-tunnel"}, {"idle-window", "engine-address", "dead-engine"}),
        ("warm", set(), {"prompts-per-call"}),
    ],
)
def test_a_case_is_judged_as_its_kind(name, expected, absent):
    """The findings that it must have, and those that it must not have."""
    rules = set(found((CASES / f"{name}.py").read_text("utf-8")))
    assert expected <= rules and not absent & rules


@pytest.mark.parametrize(
    ("route", "sent", "leaks"),
    [
        ('"/v1/{rest:path}"', '"/v1/" + rest', False),
        ('"/{rest:path}"', 'f"/{rest}"', True),
        ('"/{rest:path}"', 'f"{INNER}/{rest}"', True),
        ('"/{rest:path}"', "request.url.path", True),
        ('"/v1/{rest:path}"', "request.url.path", False),
        ('"/v1/{rest:path}"', 'f"/{rest}"', True),
        ('"/{rest}"', 'f"/{rest}"', True),
        ('"/api/{rest:path}"', 'httpx.URL(path=request.url.path, query=b"")', False),
        ('"/{rest:path}"', 'f"https://example.com/{rest}"', False),
        ('"/{rest:path}"', '"/v1/chat/completions"', False),
        ('"/{rest:path}"', "unknown(rest)", False),
    ],
)
def test_a_proxy_is_judged_by_what_it_lets_through(route, sent, leaks):
    """In developer mode, the routes that reach the engine's own are a finding."""
    text = PROXIED.replace('"/v1/{rest:path}"', route).replace('"/v1/" + rest', sent)
    assert ("developer-mode" in found(text)) is leaks


@pytest.mark.parametrize(
    "guard",
    [
        '            if not rest.startswith("v1/"):\n                raise PermissionError(rest)\n',
        '            if request.headers.get("authorization") != SECRET:\n                return Response("", 401)\n',
        "            check_key(request)\n",
    ],
)
def test_a_proxy_that_may_refuse_is_not_open(guard):
    """By the path, by the caller, or in a function that it calls."""
    text = PROXIED.replace('"/v1/{rest:path}"', '"/{rest:path}"').replace('"/v1/" + rest', 'f"/{rest}"')
    helper = "def check_key(request):\n    if request.headers.get('x-api-key') != SECRET:\n        raise KeyError\n"
    assert "developer-mode" in found(text)
    guarded = text.replace("            got = await", f"{guard}            got = await").replace(
        "INNER =", f"{helper}INNER ="
    )
    assert "developer-mode" not in found(guarded)


def test_the_name_of_a_secret_is_no_key():
    """Also as the default of a variable."""
    source = """
    import modal, os
    NAME = os.environ.get("MY_SECRET", "the-name-of-it")
    modal.Secret.from_name(NAME)
    modal.Secret.from_name(os.environ.get("OTHER_SECRET", "another-name"))
    """
    assert "key-in-file" not in found(source)
    assert "key-in-file" in found(source.replace("modal.Secret.from_name(NAME)", ""))


ENGINE_CLASS = f"""
import modal
image = modal.Image.debian_slim(python_version="3.12").pip_install("vllm=={VLLM}")
app = modal.App("a")
@app.cls(image=image, gpu="L4", max_containers=1)
@modal.concurrent(max_inputs=8)
class M:
    @modal.enter()
    def load(self):
        from vllm import LLM, AsyncEngineArgs, AsyncLLMEngine
        self.engine = LLM(model="a/b", trust_remote_code=True)
"""


def test_the_asynchronous_engine_takes_many_calls():
    """vLLM's LLM class takes one at a time."""
    old = ENGINE_CLASS.replace("max_containers=1)", "max_containers=1, allow_concurrent_inputs=8)")
    many = ("LLM(model", "AsyncLLMEngine.from_engine_args(AsyncEngineArgs(model"), ("True)", "True))")
    assert "concurrency" in found(ENGINE_CLASS) and "one call at a time" in found(old)["removed-api"]
    for before, after in many:
        old, new = old.replace(before, after), ENGINE_CLASS.replace(*many[0]).replace(*many[1])
    assert "concurrency" not in found(new) and "one call" not in found(old)["removed-api"]


def test_advice_about_an_engine_s_class_names_keywords():
    """Not flags of its command line; and a model is not reported twice."""
    rules = found(ENGINE_CLASS)
    assert "add revision= with" in rules["revision-pinned"] and "add code_revision=, or" in rules["remote-code"]
    loaded = ENGINE_CLASS.replace("vllm import LLM, AsyncEngineArgs, AsyncLLMEngine", "transformers import AutoModel")
    text = loaded.replace('LLM(model="a/b"', 'AutoModel.from_pretrained("a/b"')
    assert [finding.rule for finding in checks.check(text)].count("revision-pinned") == 1


def test_a_proxy_helper_is_followed():
    """A function that sends the request on, with the path that its caller passes."""
    app = AppSource(
        textwrap.dedent("""
        def serve():
            async def forward(request, path):
                return await client.post(BASE + path, content=await request.body())

            @api.post("/one/{name}")
            async def one(request, name):
                return await forward(request, "/v1/" + name)

            @api.post("/all/{name:path}")
            async def every(request, name):
                return await forward(request, "/" + name)
        """)
    )
    proxy = Proxy(list(app.definitions.values()), app.evaluate)
    reached = {forward.route: forward.reaches(["/v1/models", "/sleep"]) for forward in proxy.forwards()}
    assert reached == {"/one/{name}": ["/v1/models"], "/all/{name:path}": ["/v1/models", "/sleep"]}


def test_a_name_belongs_to_the_module_that_it_was_imported_from():
    """Also within functions, under another name, and where two functions import the same name."""
    source = AppSource(
        textwrap.dedent("""
        import vllm as v
        from tensorrt_llm import LLM as Engine

        def one():
            from vllm import LLM
            return LLM(model="/a")

        def two():
            from tensorrt_llm.llmapi import LLM
            return LLM(model="/b")

        def three():
            return v.LLM("/c"), Engine("/d"), LLM("/e")

        class LLM:
            pass
        """)
    )
    engines = {command.model.text: command.engine for command in source.commands}
    assert engines == {"/a": "vllm", "/b": "tensorrt-llm", "/c": "vllm", "/d": "tensorrt-llm"}


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ('["trtllm-serve", "m", "--port", "8000"]', "tensorrt-llm"),
        ('"/app/llama-server --port 8080 --host 0.0.0.0"', "llama-cpp"),
        ('["python", "-m", "llama_cpp.server", "--model", "/m.gguf"]', "llama-cpp"),
        ('f"lmdeploy serve api_server {x} --server-port 23333"', "lmdeploy"),
        ('["text-generation-launcher", "--model-id", "m"]', "tgi"),
        ('["env", "A=1", "ollama", "serve"]', "ollama"),
        ('transformers.AutoModelForCausalLM.from_pretrained("a/b")', "transformers"),
        ('transformers.AutoTokenizer.from_pretrained("a/b")', None),
        ('print("llama-server is ready")', None),
        ('["which", "llama-server"]', None),
        ('["ollama", "pull", "m"]', None),
    ],
)
def test_other_engines_are_recognized_by_name(text, engine):
    """By a command in a list or a shell, or by a call of their library; prose and other commands are not one."""
    commands = AppSource(f"import transformers\n\ndef f(x):\n    return {text}\n").commands
    assert [command.engine for command in commands] == ([engine] if engine else [])


def test_another_engine_has_no_rules_of_vllm():
    """Flags, routes and variables of engines without a table are not judged."""
    text = """
    import subprocess
    import modal
    app = modal.App("x")
    image = modal.Image.debian_slim(python_version="3.12").pip_install("lmdeploy==0.9.0").env({"VLLM_USE_V1": "1"})
    @app.function(image=image, gpu="L4", max_containers=1, timeout=900, volumes={"/m": modal.Volume.from_name("m")},
                  scaledown_window=300)
    @modal.concurrent(max_inputs=8)
    @modal.web_server(23333, startup_timeout=900, requires_proxy_auth=True)
    def serve():
        subprocess.Popen(["lmdeploy", "serve", "api_server", "/m/model", "--no-such-flag", "1"]).poll()
    """
    assert found(text) == {}
    assert "engine-address" in found(text.replace("23333", "8000"))


def test_names_that_refer_to_each_other_take_no_time():
    """Images and Secrets that are combined again and again: each name is read once."""
    lines = [f"i{n} = i{n + 1} if x else i{n + 1}.env({{}})\ns{n} = [*s{n + 1}, *s{n + 1}]" for n in range(60)]
    text = "import modal\n" + "\n".join(lines) + "\napp = modal.App('x')\n"
    text += "@app.function(image=i0, secrets=s0, gpu='L4', max_containers=1)\ndef f():\n    pass\n"
    assert found(text) == {}


def test_a_tunnel_to_an_engine_with_a_key_is_not_open():
    """The key may come from a Secret that is named after it; vLLM's other routes stay open."""
    keyed = TUNNEL.replace("gpu=", 'secrets=[modal.Secret.from_name("vllm-api-key")], gpu=')
    assert "open-tunnel" in found(TUNNEL) and "open-tunnel" not in found(keyed) and "open-routes" in found(keyed)


def test_apps_in_one_file_are_judged_separately():
    """A key, a variable or an image of one engine says nothing about another."""
    text = """
    import subprocess
    import modal
    first, second = modal.App("a"), modal.App("b")
    keyed = modal.App("keyed", secrets=[modal.Secret.from_name("k", required_keys=["VLLM_API_KEY"])])
    dev = modal.Image.debian_slim(python_version="3.12").env({"VLLM_SERVER_DEV_MODE": "1"})
    plain = modal.App("plain")
    @keyed.function(gpu="L4", image=dev)
    @modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
    def one():
        subprocess.Popen(["vllm", "serve", "/m", "--host", "0.0.0.0"])
    @plain.function(gpu="L4", image=modal.Image.debian_slim(python_version="3.12"))
    @modal.web_server(8000, startup_timeout=900)
    def two():
        subprocess.Popen(["vllm", "serve", "/m", "--host", "0.0.0.0"])
    """
    rules = found(text)
    assert "two" in rules["public-endpoint"] and "developer-mode" not in rules


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('requests.post(f"{url}/wake")', "use /wake_up of vllm"),
        ('requests.post(url + "/wake")', "use /wake_up of vllm"),
        ('requests.post("https://example.com" + "/wake")', ""),
        ('requests.post("http://localhost:8000/wake_up")', ""),
        ('requests.post("https://example.com/wake")', ""),
    ],
)
def test_a_route_that_no_engine_has_is_found_without_an_engine(call, message):
    """In a file that only calls it; a path that the app itself serves is its own."""
    text = f"import modal\nimport requests\n\ndef wake(url):\n    {call}\n"
    assert message in found(text).get("engine-routes", "")
    assert bool(message) == ("engine-routes" in found(text))
    own = '\n@api.post("/wake")\ndef own():\n    pass\n'
    assert "engine-routes" not in found(text + own)


def test_advice_names_flags_that_the_engine_has():
    """SGLang has no --code-revision, and an engine without a table gets no flag at all."""
    sglang = 'C = ["sglang", "serve", "--model-path", "a/b", "--trust-remote-code"]\n'
    assert "add --revision" in found(sglang)["remote-code"]
    assert "--code-revision" in found('C = ["vllm", "serve", "a/b", "--trust-remote-code"]\n')["remote-code"]
    assert "add --" not in found('C = ["trtllm-serve", "a/b", "--trust_remote_code"]\n')["remote-code"]


@pytest.mark.parametrize(
    ("packages", "finding"),
    [
        ('"vllm==0.9.2", "hf_transfer==0.1.8"', False),
        (f'"vllm=={VLLM}"', True),
        ('"vllm"', True),
        ('"huggingface_hub[hf_transfer]==0.34"', False),
        ('"huggingface_hub==2.4.0"', True),
        ('"huggingface_hub<1"', False),
    ],
)
def test_a_variable_is_judged_by_the_package_that_reads_it(packages, finding):
    """huggingface-hub reads HF_HUB_ENABLE_HF_TRANSFER until 1.0, and older engines install an older one."""
    image = f'modal.Image.debian_slim("3.12").pip_install({packages})'
    text = f'import modal\ni = {image}.env({{"HF_HUB_ENABLE_HF_TRANSFER": "1"}})\n'
    text += 'C = ["vllm", "serve", "/m"]\n'
    assert ("engine-variables" in found(text)) is finding

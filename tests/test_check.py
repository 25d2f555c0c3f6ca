"""`check` on the command line: files and folders, output formats, selection of rules, hostile files."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from modal_serve_gen import checks
from modal_serve_gen.checks import sdk_import, view
from scripts import golden
from tests.conftest import ROOT

OUTDATED = sorted((ROOT / "tests" / "data" / "outdated").glob("*.py"))
FOREIGN = sorted((ROOT / "tests" / "rehearsal" / "apps").glob("*.py"))
FINDING = re.compile(r"# finding: ([\w -]+)$")
BAD = 'import modal\n\napp = modal.App("x")\n\n\n@app.function(gpu="L4")\ndef work():\n    pass\n'
FORGED_REPORT = """
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, b"{}")
        os.close(descriptor)
    except OSError:
        pass
os._exit(0)
"""
# Findings in rebuilt public examples; each is a real fault.
KNOWN_FINDINGS = {
    "dataset.py": {"image-pinned"},
    "deployed.py": {"image-pinned"},
    "foreign_batches.py": {"download-on-gpu", "revision-pinned"},
    "foreign_server.py": {"container-bound", "public-endpoint", "download-on-gpu"},
    "foreign_sglang.py": {"container-bound", "public-endpoint", "download-on-gpu", "admin-routes"},
    "foreign_snapshot.py": {"developer-mode", "container-bound", "concurrency", "download-on-gpu", "public-endpoint"},
    "foreign_web_function.py": {"container-bound", "public-endpoint", "download-on-gpu", "dead-engine", "shell-string"},
    "foreign_weights.py": {"container-bound", "idle-window", "weights-volume", "public-endpoint", "dead-engine"},
    "isolated.py": {"image-pinned"},
    "large_messages.py": {"image-pinned"},
    "scaled.py": {"image-pinned"},
    "volume_files.py": {"image-pinned"},
}


@pytest.fixture
def app(tmp_path):
    """Write an app: `app(TEXT)` returns its path."""

    def write(text: str | bytes, name: str = "app.py") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("case", sorted(golden.CASES))
def test_a_generated_app_has_no_findings(case, app):
    """Neither in its source nor on import."""
    text = golden.app(case)
    assert checks.examine(text, app(text)) == ([], "")


@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: path.stem)
def test_public_examples_have_only_their_known_findings(path):
    """Exactly those in KNOWN_FINDINGS, and none in other examples."""
    assert {finding.rule for finding in checks.check(path.read_text("utf-8"))} == KNOWN_FINDINGS.get(path.name, set())


@pytest.mark.parametrize("path", OUTDATED, ids=lambda path: path.stem)
def test_outdated_code_is_reported_on_its_line(path):
    """Exactly the marked rules, each on its line."""
    text = path.read_text("utf-8")
    marked = {
        (number, rule)
        for number, line in enumerate(text.split("\n"), 1)
        if (match := FINDING.search(line))
        for rule in match[1].split()
    }
    assert {(finding.line, finding.rule) for finding in checks.check(text)} == marked


GROUPED = """import modal

app = modal.App("x")


@app.function(gpu="L4")
def first():
    pass


@app.function(gpu="L4", keep_warm=1)
def second():
    pass
"""


@pytest.mark.parametrize("columns", [30, 60, 200])
def test_text_groups_findings_by_file(cli, app, monkeypatch, columns):
    """Severity and line in columns; identical findings are one entry with its lines; exit code 1."""
    monkeypatch.setenv("COLUMNS", str(columns))
    result = cli("check", str(app(GROUPED)), "--no-import")
    assert result.exit_code == 1
    file, *entries, _, last = result.stdout.strip().split("\n")
    assert file.endswith("app.py")
    starts = [line.split()[:2] for line in entries if re.match(r"  \w", line)]
    assert starts == [["error", "11"], ["warning", "6"]]
    text = " ".join(line.strip() for line in entries)
    assert "the SDK rejects keep_warm; use min_containers (removed-api)" in text
    assert text.endswith(
        "first has no limit on its GPU containers; add max_containers= (container-bound) 2 functions: lines 6, 11"
    )
    assert all(len(line) <= columns or " " not in line.strip() for line in entries)
    if columns >= 60:
        assert {len(line) - len(line.lstrip()) for line in entries if not re.match(r"  \w", line)} <= {17}
    assert last.startswith("3 findings in 1 file: 1 error, 2 warnings. For the rules, see") and "checks" in last


@pytest.mark.parametrize(("severity", "count"), [("error", 1), ("warning", 3), ("advice", 3)])
def test_findings_can_be_limited_by_severity(cli, app, severity, count):
    """`--severity` decides what is reported, and the exit code."""
    path = str(app(GROUPED))
    assert len(json.loads(cli("check", path, "--severity", severity, "--json").stdout)["findings"]) == count
    result = cli("check", str(app(BAD)), "--severity", severity)
    assert result.exit_code == (0 if severity == "error" else 1)


@pytest.mark.parametrize("old", ["container_idle_timeout=300", "keep_warm=1", "allow_concurrent_inputs=9"])
def test_an_old_spelling_is_one_finding(old):
    """What the argument would set is not reported as missing too."""
    text = (
        "import modal, subprocess\napp = modal.App('x')\n@app.function(gpu='L4', ARGUMENT)\n@modal.web_server(8000)\n"
        "def serve():\n    subprocess.Popen(['vllm', 'serve', '/m', '--host', '0.0.0.0'])\n"
    )
    rules = [finding.rule for finding in checks.check(text.replace("ARGUMENT", old))]
    other = {"idle-window", "concurrency"} - ({"concurrency"} if "concurrent" not in old else {"idle-window"})
    assert "removed-api" in rules and not other & set(rules)


def test_json_and_github_formats_have_the_same_findings(cli, app):
    """One JSON document with the documented keys, and GitHub's workflow commands for annotations."""
    path = str(app(BAD, "a b,c.py"))
    document = json.loads(cli("check", path, "--json").stdout)
    assert document["files"] == 1 and document["notes"] == []
    (finding,) = document["findings"]
    assert finding == {
        "file": path, "line": 6, "severity": "warning", "rule": "container-bound",
        "message": "work has no limit on its GPU containers",
        "fix": "add max_containers=", "mend": "add max_containers=", "link": "references/checks.md#container-bound",
    }  # fmt: skip
    github = cli("check", path, "--format", "github").stdout.strip()
    escaped = path.replace(",", "%2C")
    assert github.startswith(
        f"::warning file={escaped},line=6,title=modal-serve-gen container-bound::work has no limit"
    )


def test_files_of_a_folder_that_import_modal_are_checked(cli, app, tmp_path):
    """Other files and installed packages are skipped; a folder without such a file is bad input."""
    app(BAD)
    app("print('no app')\n", "other.py")
    (tmp_path / "node_modules").mkdir()
    app(BAD, "node_modules/app.py")
    document = json.loads(cli("check", str(tmp_path), "--json", "--no-import").stdout)
    assert document["files"] == 1 and len(document["findings"]) == 1
    (tmp_path / "empty").mkdir()
    result = cli("check", str(tmp_path / "empty"))
    assert result.exit_code == 2 and "imports modal" in result.stderr


def test_rules_can_be_selected_and_ignored(cli, app):
    """--select and --ignore, repeated or separated by commas; for an unknown rule, the error has the closest name."""
    path = str(app(BAD))
    assert cli("check", path, "--ignore", "gpu,container-bound").exit_code == 0
    assert cli("check", path, "--select", "gpu").exit_code == 0
    result = cli("check", path, "--select", "container-bond")
    assert result.exit_code == 2 and "container-bound" in result.stderr


def test_a_comment_silences_one_rule_on_its_line(app):
    """`# serve: allow[rule] reason` at the end of the line."""
    allowed = BAD.replace('(gpu="L4")', '(gpu="L4")  # serve: allow[container-bound] one user')
    assert checks.check(allowed) == []
    assert checks.check(allowed.replace("container-bound", "gpu"))


@pytest.mark.parametrize("name", ["work", "app", "app.work"])
def test_a_target_of_modal_run_is_checked(cli, app, name):
    """APP.py::NAME of a function or of an app: the file is checked; a name that it lacks is bad input."""
    path = app(BAD)
    result = cli("check", "--no-import", f"{path}::{name}")
    assert result.exit_code == 1 and "container-bound" in result.stdout, result.stderr
    missing = cli("check", "--no-import", f"{path}::{name}x")
    assert (missing.exit_code, "has nothing named" in missing.stderr) == ((1, False) if "." in name else (2, True))


@pytest.mark.parametrize("path", ["nowhere.py", "/dev/null/x", "nowhere.py::app"])
def test_a_missing_path_is_bad_input(cli, path):
    """Exit code 2 and a message."""
    result = cli("check", path)
    assert result.exit_code == 2 and "neither a file nor a folder" in result.stderr


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 10_000_000,
        b"(" * 100_000 + b")" * 100_000,
        b"x = 1\0",
        b"\xff\xfe\x00",
        b"x = " + b"-" * 100_000 + b"1",
        b"x = " + b"1+" * 100_000 + b"1",
        b"x = 'a' * 10 ** 9 ** 9",
        b"f" + b"()" * 50_000,
        b"x = [" + b"[]," * 100_000 + b"]",
        b"".join(b"@app.function()\ndef f%d(): f%d()\n" % (n, n + 1) for n in range(9000)),
    ],
    ids=["brackets", "parentheses", "null", "not-utf-8", "signs", "sums", "huge", "calls", "lists", "functions"],
)
def test_a_hostile_file_does_not_crash_the_check(cli, app, content):
    """The exit code is 0 or 1 for any content, without an internal error."""
    result = cli("check", str(app(content)), "--no-import")
    assert result.exit_code in (0, 1) and "crashed with" not in result.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("while True:\n    pass\n", "does not finish within"),
        ("import os\nos._exit(3)\n", "with exit code 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "SIGSEGV"),
        ("raise RuntimeError('no')\n", "RuntimeError: no"),
        ("import sys\nsys.exit('gone')\n", "SystemExit: gone"),
        (FORGED_REPORT, "ends the process"),
    ],
)
def test_a_failing_import_is_a_finding(app, text, expected):
    """Within the time limit, and whatever the file does to its process."""
    result = sdk_import.import_app(app(text), limit_s=3 if "while" in text else sdk_import.LIMIT_S)
    assert any(expected in violation.message for violation in result.violations), result


def test_credentials_are_hidden_from_an_imported_file(app, monkeypatch, tmp_path):
    """The importing process gets neither the keys in the environment nor the home folder."""
    monkeypatch.setenv("MODAL_TOKEN_ID", "ak-secret")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    path = app("import os\nSEEN = dict(os.environ)\nHOME = os.path.expanduser('~')\n")
    names = sdk_import.import_app(path).names
    assert not {"MODAL_TOKEN_ID", "HF_TOKEN"} & set(names["SEEN"])
    assert names["HOME"] != os.path.expanduser("~")  # noqa: PTH111
    assert sdk_import.import_app(path).violations == ()


def test_imports_can_be_turned_off(cli, app):
    """With --no-import, the code of the file does not run."""
    path = app("import modal\nraise RuntimeError('it ran')\n")
    assert cli("check", str(path), "--no-import").exit_code == 0
    assert "it ran" in cli("check", str(path)).stdout


CANARIES = """
import os, pathlib, socket, urllib.request

def attempt(act):
    try:
        return act()
    except OSError as error:
        return type(error).__name__

ENVIRONMENTS = [str(attempt(path.read_bytes)) for path in pathlib.Path("/proc").glob("*/environ")]
FILES = {path: attempt(lambda path=path: open(path).read()) for path in PATHS}
WRITES = {path: attempt(lambda path=path: open(path, "w").close()) for path in WRITTEN}
CONNECTED = attempt(lambda: socket.create_connection(("127.0.0.1", PORT), 5) and "connected")
HOME = [os.listdir(os.path.expanduser("~")), attempt(lambda: os.listdir(REAL_HOME))]
PROCESSES = [path.name for path in pathlib.Path("/proc").glob("[0-9]*")]
OWN = open("own.txt").read()
"""


def test_an_imported_file_sees_nothing_of_the_user(app, monkeypatch, tmp_path, tmp_path_factory):
    """No home folder, no temporary files, no other process, no network; other files are read-only."""
    if not sdk_import.can_view():
        pytest.skip("this machine does not allow user namespaces with overlays")
    home, other = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("other")
    canaries = [home / ".modal.toml", home / ".ssh" / "id_ed25519", home / ".cache/huggingface/token", other / "file"]
    for canary in canaries:
        canary.parent.mkdir(parents=True, exist_ok=True)
        canary.write_text("canary")
    monkeypatch.setenv("HOME", str(home))
    app("own", "own.txt")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        subprocess.Popen(["cat"], stdin=subprocess.PIPE, env={"KEY": "canary"}),
    ):
        names = {"PATHS": list(map(str, canaries)), "PORT": server.getsockname()[1], "REAL_HOME": str(Path.home())}
        names["WRITTEN"] = ["/etc/canary", "/usr/canary", str(Path(sys.prefix, "canary"))]
        lines = [f"{name} = {value!r}" for name, value in names.items()]
        monkeypatch.chdir(tmp_path)
        result = sdk_import.import_app(app("\n".join([*lines, CANARIES])))
    seen = result.names
    assert result.violations == () and seen["OWN"] == "own"
    assert "canary" not in "".join(seen["ENVIRONMENTS"]) and len(seen["PROCESSES"]) <= 2
    assert set(seen["FILES"].values()) == {"FileNotFoundError"} and seen["HOME"] == [[], "FileNotFoundError"]
    assert set(seen["WRITES"].values()) <= {"OSError", "PermissionError"}
    assert seen["CONNECTED"] == "ConnectionRefusedError"


def test_an_app_in_the_home_folder_does_not_see_its_settings(monkeypatch, tmp_path):
    """The project is the home folder itself: its files are visible, those with a dot are not."""
    if not sdk_import.can_view():
        pytest.skip("this machine does not allow user namespaces with overlays")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (".modal.toml", ".ssh/key", "visible.txt", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    path = tmp_path / "app.py"
    path.write_text("import os\nSEEN = [open(os.path.expanduser(p)).read() for p in ('.modal.toml', 'visible.txt')]\n"
                    "KEYS = os.listdir('.ssh')\n")  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert sdk_import.import_app(path).names == {"SEEN": ["", "visible.txt"], "KEYS": []}


def test_a_machine_without_namespaces_says_so(cli, app, monkeypatch):
    """In one line, before anything is imported."""
    monkeypatch.setattr(sdk_import, "can_view", lambda: False)
    path = str(app("import modal\n"))
    assert "without user namespaces" in cli("check", path).stderr
    assert "without user namespaces" not in cli("check", path, "--no-import").stderr


WRITES = """
import json, os, pathlib
import helper
open("beside.txt", "w").write("x")
pathlib.Path(__file__).with_name("other.txt").write_text("x")
os.makedirs("out/deep")
open("kept.txt", "a").write("more")
SEEN = [helper.VALUE, open("kept.txt").read(), open("beside.txt").read(), sorted(os.listdir("."))]
"""


@pytest.mark.parametrize("views", [True, False], ids=["view", "copy"])
def test_an_import_writes_nothing_next_to_the_file(app, tmp_path, monkeypatch, views):
    """Neither bytecode nor the app's own files; the app itself sees what it has written."""
    if views and not sdk_import.can_view():
        pytest.skip("this machine does not allow user namespaces with overlays")
    monkeypatch.setattr(sdk_import, "can_view", lambda: views)
    monkeypatch.chdir(tmp_path)
    app("kept", "kept.txt")
    app("VALUE = 1\n", "helper.py")
    result = sdk_import.import_app(app(WRITES))
    assert (result.violations, result.note) == ((), "")
    files = ["app.py", "beside.txt", "helper.py", "kept.txt", "other.txt", "out"]
    assert result.names["SEEN"] == [1, "keptmore", "x", files]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["app.py", "helper.py", "kept.txt"]
    assert (tmp_path / "kept.txt").read_text() == "kept"


def test_a_folder_that_cannot_be_in_a_view_is_copied(app, monkeypatch):
    """The import runs in a copy where the program that makes the view refuses."""
    monkeypatch.setattr(sdk_import, "can_view", lambda: True)
    program = f"import json, os, sys; _, folders, *_ = json.loads(sys.argv[1]); folders and sys.exit({view.REFUSED})"
    program += "; os.execv(sys.argv[3], sys.argv[3:])"
    monkeypatch.setattr(sdk_import, "VIEW", (sys.executable, "-c", program))
    path = app("HERE = __file__\n")
    assert sdk_import.import_app(path).names == {"HERE": str(path)}


MONOREPO = {
    "pyproject.toml": "",
    "config.txt": "7",
    "shared/__init__.py": "",
    "shared/names.py": "NAME = 'shared'\n",
    "services/llm/helper.py": "NAME = 'helper'\n",
    "services/llm/app.py": "import helper\nfrom shared.names import NAME\nFOUND = [helper.NAME, NAME]\n",
    "services/llm/reads.py": "FOUND = open('config.txt').read()\n",
    "services/package/__init__.py": "",
    "services/package/near.py": "NAME = 'near'\n",
    "services/package/app.py": "from .near import NAME\nFOUND = NAME\n",
    "loose/near.py": "NAME = 'loose'\n",
    "loose/app.py": "from .near import NAME\nFOUND = NAME\n",
    "services/llm/broken.py": "from shared.names import MISSING\n",
    "services/llm/missing.py": "open('nowhere.txt')\n",
    "services/llm/needs.py": "open('config.txt')\nimport surely_not_installed\n",
}


@pytest.mark.parametrize("views", [True, False], ids=["view", "copy"])
@pytest.mark.parametrize("here", [".", "services", "services/llm"])
def test_helper_modules_are_found_in_a_monorepo(tmp_path, monkeypatch, here, views):
    """Next to the file, in the working directory and up to the root of the project; as a package if it is one."""
    if views and not sdk_import.can_view():
        pytest.skip("this machine does not allow user namespaces with overlays")
    monkeypatch.setattr(sdk_import, "can_view", lambda: views)
    for name, text in MONOREPO.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path / here)
    results = {name: sdk_import.import_app(tmp_path / name) for name in MONOREPO if "FOUND" in MONOREPO[name]}
    assert {name: (result.names.get("FOUND"), result.violations) for name, result in results.items()} == {
        "services/llm/app.py": (["helper", "shared"], ()),
        "services/llm/reads.py": ("7", ()),
        "services/package/app.py": ("near", ()),
        "loose/app.py": ("loose", ()),
    }
    broken = sdk_import.import_app(tmp_path / "services/llm/broken.py").violations[0].message
    assert "ImportError: cannot import name 'MISSING' from 'shared.names'" in broken and str(tmp_path) in broken
    missing = sdk_import.import_app(tmp_path / "services/llm/missing.py").violations[0].message
    assert "FileNotFoundError" in missing
    needs = sdk_import.import_app(tmp_path / "services/llm/needs.py")
    assert needs.violations == () and "surely_not_installed is not installed" in needs.note


def test_an_error_of_the_sdk_is_a_finding_on_its_line(app):
    """An argument of the wrong type passes every rule, but fails on import."""
    text = 'import modal\n\napp = modal.App("x")\n\n\n@app.function(timeout=None)\ndef work():\n    pass\n'
    (finding,) = checks.check(text, app(text))
    assert (finding.line, finding.rule) == (6, "import")


def test_a_failing_import_does_not_repeat_a_finding(app):
    """A statement with a finding gets no second one if the import fails there."""
    text = BAD.replace('gpu="L4"', "max_containers=1,\n    keep_warm=1")
    assert [finding.rule for finding in checks.check(text, app(text))] == ["removed-api"]


def test_an_import_provides_values_of_constants(app):
    """Values that cannot be evaluated statically are checked after the import."""
    text = BAD.replace('gpu="L4"', "gpu=GPU, max_containers=1").replace("app = ", 'GPU = "H10x"[:3]\napp = ')
    assert checks.check(text) == []
    assert [finding.rule for finding in checks.check(text, app(text))] == ["gpu"]


def test_a_missing_package_is_a_note(cli, app):
    """It may be installed where the app is used: no finding, but a note that the import was not checked."""
    result = cli("check", str(app("import modal\nimport surely_not_installed\n")))
    assert result.exit_code == 0 and "surely_not_installed is not installed in this environment" in result.stderr


# The text that is taken out of a generated app with a key of its own, and what replaces it.
UNPROTECTED = {
    "the variable of the key": ("vllm_online_api_key", r"^ *VLLM_API_KEY=key,\n", ""),
    "the key, its Secret and the gate": (
        "vllm_online_api_key",
        r"^ *VLLM_API_KEY=key,\n|^    secrets=\[api_key\],\n|^ *\"--middleware=gate.Gate\",\n|^    key = .*?\n",
        "",
    ),
    "the entry point of the gate": (
        "sglang_low_latency_api_key", r'^ *Path\("gate-1.dist-info/entry_points.txt"\).*?\n        \)\n', "",
    ),
    "the gate in the server": ("sglang_low_latency_api_key", r"app\.add_middleware\(Gate\)", "pass"),
    "the comparison of keys": ("sglang_low_latency_api_key", r"secrets\.compare_digest\(.*?\)$", "True"),
    "the Secret of the gate's key": ("sglang_low_latency_api_key", r"^    secrets=\[api_key\],\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("removed", UNPROTECTED)
def test_an_app_without_its_protection_is_public(removed):
    """However little is left out."""
    case, pattern, replacement = UNPROTECTED[removed]
    text = re.sub(pattern, replacement, golden.app(case), flags=re.M | re.S)
    assert text != golden.app(case)
    assert "public-endpoint" in {finding.rule for finding in checks.check(text)}

"""The `doctor` command: check this machine."""

import dataclasses
import json

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, end, guarded, show


@guarded
def doctor(as_json: Json = False) -> None:
    """Check the Modal setup of this machine, and whether rehearsals can use a CPU engine."""
    from modal_serve_gen.commands import doctor as commands

    findings = commands.examine()
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        show(commands.text(findings))
    failed = any(finding.status == "fail" for finding in findings)
    end(errors.MachineError.exit_code if failed else 0)

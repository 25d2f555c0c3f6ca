"""`doctor`: examine this machine."""

import json

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, end, guarded


@guarded
def doctor(as_json: Json = False) -> None:
    """Look at this machine's Modal environment, and whether the real engine can run here."""
    from modal_serve_gen.commands import doctor as doctors
    from modal_serve_gen.commands import listings

    found = doctors.examine()
    print(json.dumps(listings.plain(found), indent=2) if as_json else listings.findings(found))
    end(errors.MachineError.exit_code if any(each.status == "fail" for each in found) else 0)

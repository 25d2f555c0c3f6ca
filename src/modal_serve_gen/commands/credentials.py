"""Whether Modal credentials are present. Only their presence and the name of the profile are read, never a value."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from modal_serve_gen.commands.machine import Finding
from modal_serve_gen.errors import quoted

NAME = "modal credentials"
CONFIG_BYTES = 1_000_000  # a .modal.toml has a few lines


def credentials() -> Finding:
    """A token or a profile with one."""
    token = {key: bool(os.environ.get(key)) for key in ("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET")}
    if all(token.values()):
        return Finding(NAME, "ok", "token from the environment")
    if any(token.values()):
        present, missing = sorted(token, key=lambda key: token[key], reverse=True)
        remedy = f"export {missing}=…   # or: unset {present}"
        return Finding(NAME, "fail", f"{present} is set without {missing}", remedy)
    if os.environ.get("MODAL_OAUTH_REFRESH_TOKEN") and os.environ.get("MODAL_OAUTH_CLIENT_ID"):
        return Finding(NAME, "ok", "OAuth credentials from the environment")
    path = Path(os.environ.get("MODAL_CONFIG_PATH") or os.path.expanduser("~/.modal.toml"))  # noqa: PTH111 (no home: ~)
    profiles, problem = _profiles(path)
    if problem:
        remedy = f"mv {quoted(path)} {quoted(f'{path}.bad')} && modal setup"
        return Finding(NAME, "fail", f"{quoted(path)} {problem}", remedy, {"config": str(path)})
    return _profile(path, profiles)


def _profile(path: Path, profiles: dict[str, dict[str, Any]]) -> Finding:
    """The profile that Modal would use."""
    details = {"config": str(path)}
    if not profiles:
        without = "no token and no profile, which Modal requires to run or deploy an app; new and rehearse work"
        return Finding(NAME, "warn", without, "modal setup", details)
    active = [name for name, values in profiles.items() if values.get("active") is True]
    chosen = os.environ.get("MODAL_PROFILE") or (active[0] if active else "default")
    details["profile"] = chosen
    activate = f"modal profile activate {quoted(next(iter(profiles)))}"
    if len(active) > 1:
        return Finding(NAME, "fail", f"{len(active)} profiles of {quoted(path)} are active", activate, details)
    if chosen not in profiles:
        return Finding(NAME, "fail", f"{quoted(path)} has no profile {quoted(chosen)}", activate, details)
    values = profiles[chosen]
    if (values.get("token_id") and values.get("token_secret")) or values.get("oauth_refresh_token"):
        return Finding(NAME, "ok", f"profile {quoted(chosen)}", details=details)
    return Finding(NAME, "fail", f"profile {quoted(chosen)} has no token", "modal setup", details)


def _profiles(path: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """(profiles of a Modal config, ''), or ({}, what is wrong with the file). A missing file has no profiles."""
    try:
        if not path.exists():
            return {}, ""
        if not path.is_file():
            return {}, "" if path == Path(os.devnull) else "is not a file"
        if path.stat().st_size > CONFIG_BYTES:
            return {}, "is too large for a Modal configuration"
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return {}, "is not text"
    except tomllib.TOMLDecodeError as error:
        position = re.search(r"\(at [^)]*\)", str(error))  # the position only: the message may quote a secret
        return {}, f"is not valid TOML {position[0] if position else ''}".rstrip()
    except RecursionError:
        return {}, "is not valid TOML"
    except OSError as error:
        return {}, f"cannot be read: {error.strerror or type(error).__name__}"
    if not all(isinstance(values, dict) for values in document.values()):
        return {}, "has settings outside the section of a profile"
    return document, ""

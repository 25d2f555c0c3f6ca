"""Differences between two JSON documents, small enough to read: what history files hold for each release.

A difference of objects is {"drop": [keys], "set": {key: value}, "in": {key: difference}}, one of sorted lists of names
{"drop": [names], "add": [names]}; empty parts are left out.
"""

import json
from typing import Any, TypeGuard

Difference = dict[str, Any]


def difference(old: Any, new: Any) -> Difference | None:
    """What makes `old` into `new`; None if they are not two objects or two sorted lists of names.

    >>> difference({"a": 1, "b": ["x"]}, {"b": ["x", "y"]})
    {'drop': ['a'], 'in': {'b': {'add': ['y']}}}
    """
    if _is_names(old) and _is_names(new):
        parts: Difference = {"drop": sorted(set(old) - set(new)), "add": sorted(set(new) - set(old))}
    elif isinstance(old, dict) and isinstance(new, dict):
        parts = {"drop": sorted(old.keys() - new.keys()), "set": {}, "in": {}}
        for key in sorted(new):
            if key in old and json.dumps(old[key], sort_keys=True) == json.dumps(new[key], sort_keys=True):
                continue
            inner = difference(old[key], new[key]) if key in old else None
            parts["set" if inner is None else "in"][key] = new[key] if inner is None else inner
    else:
        return None
    return {key: part for key, part in parts.items() if part}


def applied(old: Any, change: Difference) -> Any:
    """The document that `change` makes of `old`.

    >>> applied({"a": 1, "b": ["x"]}, {"drop": ["a"], "in": {"b": {"add": ["y"]}}})
    {'b': ['x', 'y']}
    """
    dropped = change.get("drop", [])
    if isinstance(old, list):
        return sorted({*old, *change.get("add", [])} - set(dropped))
    kept = {key: value for key, value in old.items() if key not in dropped} | change.get("set", {})
    return kept | {key: applied(old[key], inner) for key, inner in change.get("in", {}).items()}


def _is_names(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and value == sorted(set(value))

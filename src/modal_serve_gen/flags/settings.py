"""What an engine is started with: the values of a command line, and whether conditions on them hold."""

import json
import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .parsing import Parsed, ParsedOption
from .table import Option, Suffixes, Table

UNKNOWN = object()  # a value that the caller does not know, such as a variable in an app's source
POWERS = "kmgt"  # of a thousand or 1,024
# `true`: the switch is on; `false`: it is off. A list: the value is one of these. "set", "unset": whether it has a
# value. "> 1", "% --dcp-size" (not divisible by it): a comparison with a number, another setting, or a product.
Condition: TypeAlias = bool | str | tuple[str, ...]


def _indivisible(left: float, right: float) -> bool:
    return right == 0 or left % right != 0


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
    "%": _indivisible,
}  # fmt: skip
COMPARISON = re.compile(r"(<=|>=|==|!=|<|>|%) (.+)")


@dataclass(frozen=True)
class Settings:
    """What an engine is started with.

    `given` has the values on its command line by flag. `complete` is false if there may be more. `known` holds facts
    by name, as far as the caller knows them: `gpus` (visible ones), `capability` (of the GPU), `moe`, `multimodal`
    (whether the model is), `quantization` (of its checkpoint). `packages` are the distributions that are installed,
    normalized; None if that is unknown.
    """

    table: Table
    given: Mapping[str, object]
    complete: bool = True
    known: Mapping[str, object] = field(default_factory=dict)
    packages: Collection[str] | None = None

    def value(self, name: str) -> object:
        """The value of a flag, of a key of a JSON flag, or of a fact: None if unset, UNKNOWN if that is not known."""
        if not name.startswith("--"):
            return self.known.get(name, UNKNOWN)
        flag, *keys = name.split(".")
        option = self.table.options.get(flag)
        if flag not in self.given:
            return UNKNOWN if not self.complete else option.default if option and not keys else None
        value = self.given[flag]
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else UNKNOWN
        return value

    def holds(self, name: str, condition: Condition) -> bool | None:
        """Whether a condition holds; None if that is unknown, also where the engine computes an unset value itself."""
        if isinstance(condition, str) and (match := COMPARISON.fullmatch(condition)):
            left, right = self.product(name), self.product(match[2])
            return None if left is None or right is None else COMPARISONS[match[1]](left, right)
        value = self.value(name)
        if value is UNKNOWN:
            return None
        if condition in ("set", "unset"):
            return (value not in (None, "", (), [])) is (condition == "set")
        option = self.table.options.get(name)
        if isinstance(condition, bool):
            undecided = value is None and option is not None and option.type == "toggle"
            return None if undecided else bool(value) is condition
        return str(value) in ((condition,) if isinstance(condition, str) else condition)

    def product(self, text: str) -> float | None:
        """The product of numbers and settings; None if one of them is not a known number."""
        factors = [self.value(part) if (number := _number(part)) is None else number for part in text.split(" * ")]
        known = [float(factor) for factor in factors if isinstance(factor, int | float)]
        return math.prod(known) if len(known) == len(factors) else None


def of_command(
    parsed: Parsed,
    table: Table,
    *,
    complete: bool = True,
    known: Mapping[str, object] | None = None,
    packages: Collection[str] | None = None,
) -> Settings:
    """The settings of a command line. Values that the engine's parser refuses are unknown."""
    given: dict[str, object] = {}
    for option in parsed.options:
        if option.option is not None:
            earlier = given.get(option.flag)
            value = _value(option, option.option, table.suffixes)
            nested = isinstance(value, Mapping) and isinstance(earlier, Mapping)
            given[option.flag] = _merged(earlier, value) if nested and option.keys else value
    return Settings(table, given, complete, known or {}, packages)


def _value(parsed: ParsedOption, option: Option, suffixes: Suffixes) -> object:
    """The value of one option of a command line."""
    if option.bare:
        return parsed.name not in option.negations
    if option.nargs in ("+", "*") and not parsed.keys:
        return UNKNOWN if None in parsed.values else [_typed(str(value), option, suffixes) for value in parsed.values]
    value = _typed(parsed.values[0], option, suffixes, bool(parsed.keys)) if parsed.values else True
    for key in reversed(parsed.keys):
        value = {key: value}
    return value


def _typed(text: str | None, option: Option, suffixes: Suffixes, inner: bool = False) -> object:
    if text is None:
        return UNKNOWN
    if option.optional and text in ("", "None"):
        return None
    if inner or option.type in ("json", "object") or (option.type == "json_or_str" and text.lstrip().startswith("{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text if inner else UNKNOWN
    if option.type in ("int", "float", "human_int", "human_int_or_auto"):
        number = _number(text, suffixes)
        return text if number is None and option.type == "human_int_or_auto" else UNKNOWN if number is None else number
    return text


def _number(text: str, suffixes: Suffixes | None = None) -> float | None:
    """A number, or a size such as 32k; whole numbers are integers. None for anything else."""
    last, factor = text[-1:], 1
    if suffixes and last in (*suffixes.decimal, *suffixes.binary):
        factor = (1000 if last in suffixes.decimal else 1024) ** (POWERS.index(last.lower()) + 1)
        text = text[:-1]
    try:
        number = float(text) * factor
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _merged(one: Any, other: Any) -> Any:
    """Two objects as one; where both have a value, the later one counts."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return other
    return {**one, **{key: _merged(one.get(key), value) for key, value in other.items()}}

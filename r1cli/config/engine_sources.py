"""Reads TRL's config classes out of its sources: names, types, defaults, choices, help. Nothing is imported.

What a field says in a way that is not understood counts as little as possible: an unknown type is an object,
an unknown default is None. A class that is not found, or a file that is not Python, is an error.
"""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

#: The classes that r1's config is made of.
CLASSES = ("SFTConfig", "GRPOConfig", "ModelConfig", "ScriptArguments")

# Where a class may stand; the first file that defines it counts (TRL has two ScriptArguments).
_FILES = (
    ("trl", "trainer/*_config.py"),
    ("trl", "scripts/utils.py"),
    ("transformers", "training_args.py"),
    ("transformers", "trainer_utils.py"),
    ("trl", "scripts/*.py"),
)
# The JSON type of a type's name, in an annotation or of a value.
_JSON_TYPES = {
    "bool": "boolean", "int": "integer", "float": "number", "str": "string", "dict": "object",
    "Dict": "object", "list": "array", "List": "array", "None": "null", "NoneType": "null",
}  # fmt: skip
_FACTORIES = {"list": list, "dict": dict}
# Annotations of what is not an argument of the dataclass, or not a value.
_NO_FIELDS = ("ClassVar", "InitVar", "KW_ONLY")
# Torch takes more here than transformers offers: "cuda:nccl,cpu:gloo".
_OPEN_FIELDS = ("ddp_backend",)


def read_engine() -> dict[str, dict[str, dict[str, Any]]]:
    """Class -> field -> ``{"types", "default", "help", "choices"?}``, in the order of the dataclass.

    Raises:
        LookupError: a package or a class is not found.
        OSError, SyntaxError, ValueError: a source cannot be read.
    """
    reader = _Reader()
    return {name: reader.fields(name) for name in CLASSES}


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"no package {name}")
    return Path(spec.submodule_search_locations[0])


class _Reader:
    """The classes of the installed TRL and transformers, found by name."""

    def __init__(self) -> None:
        folders = {package: _package_folder(package) for package, _ in _FILES}
        paths = (path for package, names in _FILES for path in sorted(folders[package].glob(names)))
        self._texts = {path: path.read_text(encoding="utf-8") for path in dict.fromkeys(paths)}
        self._trees: dict[Path, ast.Module] = {}
        self._found: dict[str, ast.ClassDef | None] = {}

    def fields(self, class_name: str) -> dict[str, dict[str, Any]]:
        """The fields of a dataclass, those of its bases first.

        Raises:
            LookupError: the class, or a base of it, is not found or has no field.
        """
        node = self._find(class_name)
        if node is None:
            raise LookupError(f"no class {class_name}")
        fields: dict[str, dict[str, Any]] = {}
        for base in reversed(node.bases):
            fields |= self.fields(_name(base))
        if any(_name(decorator) == "dataclass" for decorator in node.decorator_list):
            fields |= self._own_fields(node)
        if not fields:
            raise LookupError(f"no fields in {class_name}")
        return fields

    def _find(self, name: str) -> ast.ClassDef | None:
        if name not in self._found:
            self._found[name] = next(self._definitions(name), None)
        return self._found[name]

    def _definitions(self, name: str) -> Iterator[ast.ClassDef]:
        # To search the text is quicker than to parse every file.
        definition = re.compile(rf"^class {re.escape(name)}\b", re.MULTILINE)
        for path, text in self._texts.items():
            if definition.search(text):
                if path not in self._trees:
                    self._trees[path] = ast.parse(text)
                body = self._trees[path].body
                yield from (node for node in body if isinstance(node, ast.ClassDef) and node.name == name)

    def _own_fields(self, node: ast.ClassDef) -> dict[str, dict[str, Any]]:
        constants = _constants(node)
        fields = {}
        for statement in _statements(node.body):
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                parts = list(_union_parts(statement.annotation))
                arguments = _field_arguments(statement.value)
                if _name(parts[0]) not in _NO_FIELDS and _literal(arguments.get("init")) is not False:
                    entry = self._describe(parts, arguments, constants)
                    if statement.target.id in _OPEN_FIELDS:
                        entry.pop("choices", None)
                    fields[statement.target.id] = entry
        return fields

    def _describe(
        self, parts: list[ast.expr], arguments: dict[str, ast.expr], constants: dict[str, ast.expr]
    ) -> dict[str, Any]:
        types, choices = self._types(parts)
        default = self._default(arguments, constants)
        metadata = _items(arguments.get("metadata"))
        choices = choices or _offered_choices(metadata, types, default)
        entry = {"types": sorted(types), "default": default, "help": _help(metadata)}
        return {**entry, "choices": choices} if choices else entry

    def _types(self, parts: list[ast.expr]) -> tuple[set[str], list[Any]]:
        """The JSON types of a union's members, and its values when it admits no others."""
        plain: set[str] = set()
        values: list[Any] = []
        absorbed = {"null"}
        for part in parts:
            if members := self._members(_name(part)):
                values += members.values()
                # A string beside an enumeration is the value of a member.
                absorbed.add("string")
            elif isinstance(part, ast.Subscript) and _name(part) == "Literal":
                values += [self._value(value, {}) for value in _elements(part)]
            else:
                plain.add(_JSON_TYPES.get(_name(part), "object"))
        types = plain | {_json_type(value) for value in values}
        # Two members of one value are one member.
        choices = [] if plain - absorbed else list(dict.fromkeys(values))
        return types, [choice for choice in choices if choice is not None]

    def _members(self, name: str) -> dict[str, Any]:
        """Member -> value of an enumeration; empty when this is none, or has other values than text."""
        node = None if name in _JSON_TYPES else self._find(name)
        if node is None or not any("Enum" in _name(base) for base in node.bases):
            return {}
        values = {member: self._value(value, {}) for member, value in _constants(node).items()}
        return values if all(isinstance(value, str) for value in values.values()) else {}

    def _default(self, arguments: dict[str, ast.expr], constants: dict[str, ast.expr]) -> Any:
        factory = arguments.get("default_factory")
        if isinstance(factory, ast.Lambda):
            return self._value(factory.body, constants)
        if factory is not None:
            make = _FACTORIES.get(_name(factory))
            return make() if make else None
        return self._value(arguments.get("default"), constants)

    def _value(self, node: ast.expr | None, constants: dict[str, ast.expr]) -> Any:
        """What an expression is worth: a literal, a constant of the class, a member's value; else None."""
        if isinstance(node, ast.Name):
            node = constants.get(node.id)
        if isinstance(node, ast.Attribute):
            return self._members(_name(node.value)).get(node.attr)
        value = _literal(node)
        return value if isinstance(value, (bool, int, float, str, list, dict)) else None


def _name(node: ast.expr) -> str:
    """The last name of ``a.b``, ``a.b[...]`` or ``a.b(...)``; "None" for None."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


def _literal(node: ast.expr | None) -> Any:
    try:
        return ast.literal_eval(node) if node else None
    except (ValueError, TypeError):
        return None


def _json_type(value: Any) -> str:
    return _JSON_TYPES.get(type(value).__name__, "object")


def _union_parts(node: ast.expr) -> Iterator[ast.expr]:
    """The members of a union, however it is written; anything else is its only member."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _union_parts(ast.parse(node.value, mode="eval").body)
    elif isinstance(node, ast.BinOp):
        yield from _union_parts(node.left)
        yield from _union_parts(node.right)
    elif isinstance(node, ast.Subscript) and _name(node) in ("Optional", "Union"):
        for part in _elements(node):
            yield from _union_parts(part)
        if _name(node) == "Optional":
            yield ast.Constant(None)
    else:
        yield node


def _elements(subscript: ast.Subscript) -> list[ast.expr]:
    return subscript.slice.elts if isinstance(subscript.slice, ast.Tuple) else [subscript.slice]


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a class body, with those under an ``if``."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _statements(statement.body)
            yield from _statements(statement.orelse)
        else:
            yield statement


def _constants(node: ast.ClassDef) -> dict[str, ast.expr]:
    """Name -> value of a class's plain assignments, the last of a name: an ``if`` is taken to hold."""
    found = (statement for statement in _statements(node.body) if isinstance(statement, ast.Assign))
    return {
        target.id: each.value for each in found for target in each.targets if isinstance(target, ast.Name)
    }


def _field_arguments(value: ast.expr | None) -> dict[str, ast.expr]:
    """The arguments of ``field(...)``; a plain default is one."""
    if isinstance(value, ast.Call) and _name(value) == "field":
        return {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
    return {"default": value} if value else {}


def _items(node: ast.expr | None) -> dict[str, ast.expr]:
    """The items of a written dict."""
    if not isinstance(node, ast.Dict):
        return {}
    return {_literal(key): value for key, value in zip(node.keys, node.values, strict=True)}


def _help(metadata: dict[str, ast.expr]) -> str:
    """The help text on one line; argparse wants its percent signs doubled."""
    text = _literal(metadata.get("help"))
    return " ".join(text.split()).replace("%%", "%") if isinstance(text, str) else ""


def _offered_choices(metadata: dict[str, ast.expr], types: set[str], default: Any) -> list[Any]:
    """The choices that a field offers, unless its type or its default shows that it takes more."""
    offered = _literal(metadata.get("choices"))
    if not isinstance(offered, (list, tuple)) or {_json_type(each) for each in offered} != types - {"null"}:
        return []
    return list(offered) if default is None or default in offered else []

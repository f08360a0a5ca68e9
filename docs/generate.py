"""Writes the reference and the README's tree from the code: ``./dev docs``."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecomagent.cli.app import commands
from ecomagent.cli.documents import DOCUMENTS, schema_of
from ecomagent.cli.session import COMMON

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
PACKAGES = ("ecomagent", "tools", "knowledge_graph", "prompts", "evals")
BEGIN, END = "<!-- tree -->\n```\n", "```\n<!-- /tree -->"


def cli_reference() -> str:
    """Every command with its arguments, options and examples."""
    lines = [
        "# Command line",
        "",
        "Generated from the program's own help; `./dev docs` writes it anew.",
        "",
        "Every command also takes " + ", ".join(f"`{name}`" for name in _common()) + ".",
        "",
        "Exit codes: 0 done or nothing to do · 1 error · 2 usage · 3 a plan waits for approval ·",
        "4 policy refused · 5 applied in part · 6 another run holds the lock.",
        "",
        "With `--json` results go to stdout, everything else to stderr; what goes wrong is printed",
        "as an [error](schemas/error.schema.json).",
    ]
    for name, command in commands().items():
        lines += ["", f"## ecomagent {name}", "", *_described(command)]
    return "\n".join(lines) + "\n"


def _common() -> list[str]:
    return ["/".join(p.opts) for p in commands()["status"].params if p.name in COMMON]


def _described(command: Any) -> list[str]:
    lines = [(command.help or "").strip(), ""]
    for parameter in command.params:
        if parameter.name in COMMON or parameter.name == "help":
            continue
        option = parameter.param_type_name == "option"
        name = "/".join(parameter.opts) if option else (parameter.name or "").upper()
        said = getattr(parameter, "help", None) or ""
        needed = " Required." if parameter.required else ""
        lines.append(f"- `{name}`: {said}{needed}")
    documents = " or ".join(f"[{d}](schemas/{d}.schema.json)" for d in command.callback.prints)
    if documents:
        lines.append(f"- `--json` prints: {documents}")
    examples = (command.epilog or "").removeprefix("Examples:").strip()
    if examples:
        lines += ["", "```", *[line for line in examples.splitlines() if line.strip()], "```"]
    return lines


def _about(package: Path) -> str:
    source = (package / "__init__.py").read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(source)) or ""
    return said.splitlines()[0].rstrip(".").replace("``", "")


def _tree() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        package = HERE.parent / name
        yield f"{name}/", _about(package)
        for inner in sorted(path.parent for path in package.rglob("*/__init__.py")):
            depth = len(inner.relative_to(package).parts)
            yield f"{'  ' * depth}{inner.name}/", _about(inner)


def readme() -> str:
    """The README with its tree of packages as they are now."""
    text = README.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    lines = "".join(f"{name:<20}{about}\n" for name, about in _tree())
    return f"{before}{BEGIN}{lines}{END}{after}"


def documents() -> dict[Path, str]:
    """Path to content of everything generated."""
    found = {HERE / "cli.md": cli_reference(), README: readme()}
    for name in DOCUMENTS:
        text = json.dumps(schema_of(name), ensure_ascii=False, indent=2, sort_keys=True)
        found[HERE / "schemas" / f"{name}.schema.json"] = text + "\n"
    return found


def main() -> int:
    """Write, or with ``--check`` say what is out of date."""
    wanted = documents()
    stale = []
    for path in set((HERE / "schemas").glob("*.json")) - set(wanted):
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.unlink()
    for path, content in wanted.items():
        if path.is_file() and path.read_text(encoding="utf-8") == content:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    if stale:
        print(("out of date: " if "--check" in sys.argv else "written: ") + ", ".join(stale))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())

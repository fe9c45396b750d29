"""The direction of imports: layers, the table of who may import whom, and the one home of every heavy package.

Import lines are read with `ast`, those inside functions included, so that nothing hides.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "populace"

#: what everybody may import
GROUND = {"errors", "atomic"}

#: package -> packages of ours it may import, besides itself and the ground
MAY_IMPORT = {
    "confined": set(),
    "survey": {"confined"},
    "grounding": set(),
    "data": {"survey", "confined"},
    "prompts": {"survey", "grounding"},
    "models": {"prompts"},
    "analysis": {"data", "survey"},
    "training": {"survey", "data", "prompts", "models", "parallel"},
    "simulation": {"survey", "grounding", "prompts", "models", "data", "parallel"},
    "scrutiny": {"analysis", "data", "survey", "parallel"},
}
MAY_IMPORT["app"] = {*MAY_IMPORT, "parallel"}

#: heavy package -> files or folders that may import it
HOMES = {
    "torch": (
        "models/surveylm.py",
        "models/beliefs.py",
        "models/margins.py",
        "models/encoder.py",
        "models/minilm.py",
        "models/threads.py",
        "models/tuned.py",
        "models/causal",
        "training/",
    ),
    "transformers": ("training/", "models/causal", "app/serving/"),
    "fastapi": ("app/serving/",),
    "uvicorn": ("app/serving/",),
    "pydantic": ("app/serving/",),
    "peft": ("training/", "models/causal_files.py"),
    "sentence_transformers": (),
    "httpx2": ("models/remote_http.py", "models/remote_desk.py"),
    "sklearn": ("scrutiny/", "analysis/"),
    "statsmodels": ("app/demo.py", "scrutiny/", "analysis/"),
    "pandas": (),
    "pyarrow": (),
    "pyreadstat": ("data/files/spss.py", "data/files/stata.py", "data/files/readstat.py"),
    "jsonschema": ("survey/formats/", "app/analysis_spec/"),
    "vl_convert": ("scrutiny/", "analysis/export/"),
    "pptx": ("analysis/export/",),
    "lxml": ("analysis/export/", "survey/formats/"),
    "xlsxwriter": ("analysis/export/", "data/files/sheets.py"),
    "lark": ("survey/expressions.py", "survey/formats/"),
    "ray": ("parallel.py",),
    "rich": ("simulation/progress.py",),
    "typer": ("app/cli.py", "app/cli_files.py", "app/cli_serve.py"),
}

FILES = sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every module named in an import line, with the line's number."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: write the whole name, not a relative import"
            yield node.module, node.lineno
            # `from populace.models import encoder` names a module too
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def ours(module: str) -> str | None:
    """The package of ours that `module` lies in; None for others, and for `populace` itself (its version)."""
    parts = module.split(".")
    return parts[1] if parts[0] == "populace" and len(parts) > 1 and parts[1] != "__version__" else None


def at_import(path: Path) -> Iterator[str]:
    """Modules of ours that are imported when the file itself is (not inside functions, not for type checkers)."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and ours(node.module):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            known = [name for name in inner if file_of(name)]
            yield from (known if len(known) == len(inner) else [node.module, *known])


def file_of(module: str) -> Path | None:
    path = SOURCE.joinpath(*module.split(".")[1:])
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None


@pytest.mark.parametrize("path", [path for path in FILES if path.parent != SOURCE], ids=name_of)
def test_a_file_imports_only_packages_that_the_table_allows(path):
    package = package_of(path)
    allowed = MAY_IMPORT[package] | GROUND | {package}
    wrong = [
        f"line {line}: {module}" for module, line in imported(path) if ours(module) and ours(module) not in allowed
    ]
    assert not wrong, f"{name_of(path)} may import {sorted(allowed)}, but has {wrong}"


@pytest.mark.parametrize("path", [path for path in FILES if path.parent == SOURCE], ids=name_of)
def test_the_files_at_the_top_import_only_the_ground(path):
    allowed = {"__main__": {"app"}}.get(path.stem, set()) | GROUND | {None}
    assert {ours(module) for module, _ in imported(path)} <= allowed


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_heavy_package_is_imported_only_in_its_home(path):
    name = name_of(path)
    for module, line in imported(path):
        homes = HOMES.get(module.split(".")[0])
        assert homes is None or name.startswith(homes), (
            f"{name}:{line} imports {module}, whose home is {homes or 'nowhere'}"
        )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_that_can_run_code_from_a_file_is_imported(path):
    dangerous = {"pickle", "marshal", "shelve", "joblib", "cloudpickle", "dill"}
    assert not [module for module, _ in imported(path) if module.split(".")[0] in dangerous]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_environment_is_read_in_one_file(path):
    # and keys of services in another: they are to pass through as little as can be
    if name_of(path) in ("app/settings.py", "models/remote_key.py"):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    reads = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    ]
    assert not reads, f"{name_of(path)} reads the environment in lines {reads}; take an argument, see app/settings.py"


def test_imports_form_no_circle():
    graph = {path: {found for name in at_import(path) if (found := file_of(name)) and found != path} for path in FILES}
    done, walking = set(), []

    def walk(path: Path) -> None:
        if path in done:
            return
        assert path not in walking, " -> ".join(name_of(p) for p in [*walking[walking.index(path) :], path])
        walking.append(path)
        for other in sorted(graph[path]):
            walk(other)
        done.add(walking.pop())

    for path in FILES:
        walk(path)


def test_every_package_stands_in_the_table():
    assert {package_of(path) for path in FILES if path.parent != SOURCE} <= set(MAY_IMPORT)


def modules_after(statement: str) -> set[str]:
    """Top-level packages in memory after `statement` ran in a new Python."""
    script = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {
    "torch",
    "transformers",
    "sklearn",
    "scipy",
    "polars",
    "pandas",
    "numpy",
    "statsmodels",
    "rich",
    "jinja2",
    "lark",
    "pydantic",
}


@pytest.mark.parametrize(
    "statement",
    ["import populace", "import populace.app.cli", "from populace.app.cli import run; run(['--help'])"],
)
def test_the_package_and_its_help_load_nothing_heavy(statement):
    assert not modules_after(statement) & HEAVY


@pytest.mark.parametrize("package", ["data.dataset", "scrutiny.scrutinize", "survey.instrument", "analysis.estimate"])
def test_analysis_and_scrutiny_need_no_torch(package):
    if file_of(f"populace.{package}") is None:
        pytest.skip(f"populace.{package} is not there yet")
    assert not modules_after(f"import populace.{package}") & {"torch", "transformers"}


def test_models_without_weights_need_no_torch():
    assert "torch" not in modules_after("from populace.models.library import load_model; load_model('fake')")

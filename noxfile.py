"""The project's own checks: `nox` runs them all, `nox -s tests` one of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.options.sessions = ["tests", "lint", "types", "imports", "wheels"]
nox.options.reuse_existing_virtualenvs = True
nox.options.default_venv_backend = "venv"

ROOT = Path(__file__).parent
MEMBERS = [
    "core",
    "fixtures",
    "contracts",
    *sorted(f"plugins/{path.name}" for path in (ROOT / "plugins").iterdir() if path.is_dir()),
]
# What can be imported and has types; the fixtures are data, and define nothing that could.
TYPED = sorted(
    {path.parent.name for member in MEMBERS for path in (ROOT / member).glob("src/*/py.typed")}
    - {"tintype_fixtures"}
)
CODE = ["core", "contracts", "fixtures", "plugins", "tests", "noxfile.py"]
CONSTRAINTS = ["-c", "constraints.txt"]
# Twice as many workers as cores: some of them always wait for a socket or a clock.
WORKERS = str(2 * (os.cpu_count() or 1))
PYTEST = ["pytest", "-q", "-rs", "-n", WORKERS, "--dist", "worksteal"]


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests on the working tree."""
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-test.txt")
    session.run(*PYTEST, *session.posargs)


@nox.session(default=False)
def clients(session: nox.Session) -> None:
    """Let official clients for Python and Node, and the printed samples, judge the sandbox."""
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-clients.txt")
    if shutil.which("npm"):
        npm = ("npm", "install", "--silent", "--prefix", "tests/clients")
        session.run(*npm, external=True)
    # litellm would fetch its table of prices from the network when it is imported.
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    session.run("pytest", "-q", "-rs", "tests/clients", *session.posargs, env=env)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Let everything go wrong at every provider, for both clients: the whole fault grid."""
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-test.txt")
    session.run("python", "-m", "tests.faults.grid", *session.posargs)


@nox.session(default=False)
def linear(session: nox.Session) -> None:
    """Measure that every parser takes time that grows with its input and no faster."""
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-test.txt")
    session.run("python", "-m", "tests.linear", *session.posargs)


@nox.session(default=False)
def simulate(session: nox.Session) -> None:
    """Simulate many submissions, on all cores: `nox -s simulate -- --submissions 1000000`."""
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-test.txt")
    session.run("python", "-m", "tests.simulation", *session.posargs)


@nox.session(default=False)
def sabotage(session: nox.Session) -> None:
    """Break the core in a dozen ways, each in a copy: does the simulation notice?"""
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-test.txt")
    session.run("python", "-m", "tests.simulation.sabotage", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure beside other clients, draw what grows, and count instructions.

    `nox -s bench -- --rounds 3 async_task` measures one row and nothing else.
    """
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-bench.txt")
    session.run("python", "-m", "tests.benchmarks", *session.posargs)
    if not session.posargs:
        session.run("python", "-m", "tests.benchmarks.plots")
        session.run("python", "-m", "tests.benchmarks.gate")


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Tell which lines and branches the tests reach."""
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-test.txt")
    session.run("coverage", "run", "-m", "pytest", "-q", *session.posargs)
    session.run("coverage", "report")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install("-q", *CONSTRAINTS, "ruff")
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of everything that is shipped, strictly, and the type tests."""
    session.install(
        "-q",
        "-r",
        "requirements.txt",
        "-r",
        "requirements-test.txt",
        "mypy",
        "nox",
        "types-psutil",
    )
    session.run("mypy")


@nox.session(default=False)
def verifytypes(session: nox.Session) -> None:
    """Ask pyright whether every public type of every package is known; it needs npm.

    PyPI's `pyright` would fetch a node of its own when it runs; npm's is all there is.
    """
    npm = shutil.which("npm")
    if npm is None:
        session.skip("npm is not there: apt-get install npm")
    session.install("-q", "-r", "requirements.txt", "-r", "requirements-test.txt")
    place = Path(session.create_tmp())
    shutil.copy(ROOT / ".ci" / "package.json", place)
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--silent")
    session.run(npm, "install", "--prefix", str(place), *quiet, external=True)
    pyright = str(place / "node_modules" / ".bin" / "pyright")
    asked = ("--pythonpath", str(Path(session.bin) / "python"), "--ignoreexternal")
    for name in TYPED:
        session.run(pyright, *asked, "--verifytypes", name, external=True, silent=True)


@nox.session
def imports(session: nox.Session) -> None:
    """Check who imports whom."""
    session.install("-q", *CONSTRAINTS, "import-linter")
    # The modules are read, not run: neither they nor what they need is installed.
    sources = os.pathsep.join(str(ROOT / member / "src") for member in MEMBERS)
    session.run("lint-imports", env={"PYTHONPATH": sources})


@nox.session
def wheels(session: nox.Session) -> None:
    """Build every wheel, install the wheels alone, and use them as a newcomer does.

    The suite is not run again: it proves the code, and this its packaging.
    """
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.install("-q", *CONSTRAINTS, "build", "hatchling")
    for member in MEMBERS:
        session.run(
            "python",
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "-o",
            str(dist),
            member,
            silent=True,
        )
    built = [str(wheel) for wheel in sorted(dist.glob("*.whl"))]
    core = next(wheel for wheel in built if Path(wheel).name.startswith("tintype-"))
    session.install("-q", *CONSTRAINTS, f"{core}[async,journal]", *built)
    session.chdir(session.create_tmp())  # where nothing but the wheels can be imported
    session.run("python", "-W", "error", "-c", "import tintype, tintype._cli, tintype_contracts")
    session.run("tintype", "providers")
    session.run("tintype", "demo", "a red panda astronaut", "-o", "pictures", silent=True)
    session.run("tintype", "contracts", "check", "--all", "--level", "1")

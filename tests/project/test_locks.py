"""The lock files hold the hashes of every file of each pin, and no other file is installed."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path

import httpx
import pytest
from containerfiles import ROOT, stages
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.skipif(not (ROOT / "scripts").is_dir(), reason="the sources are not here")
sys.path.insert(0, str(ROOT / "scripts"))
locks = pytest.importorskip("locks")

LOCKS = sorted(ROOT.glob("requirements*.lock"))
INDEX, CPU = "https://index.example/simple", "https://cpu.example/whl"
A, B, C, D = ("0123"[number] * 64 for number in range(4))
FILES = {
    "demo-1.0-py3-none-any.whl": A,
    "demo-1.0.tar.gz": B,
    "demo-1.0.1-py3-none-any.whl": C,
    "demo-1.0+other-cp311-cp311-win_amd64.whl": D,
    "other-1.0.tar.gz": C,
    "demo-1.0.exe": C,
}
Serve = Callable[[httpx.Request], httpx.Response]


def as_json(request: httpx.Request) -> httpx.Response:
    assert request.url.path == "/simple/demo/"
    files = [{"filename": name, "hashes": {"sha256": value}} for name, value in FILES.items()]
    return httpx.Response(200, json={"files": files}, headers={"Content-Type": locks.SIMPLE})


def as_html(_: httpx.Request) -> httpx.Response:
    quoted = ((name.replace("+", "%2B"), value) for name, value in FILES.items())
    links = "".join(f'<a href="../f/{name}#sha256={value}">{name}</a>' for name, value in quoted)
    return httpx.Response(200, text=links, headers={"Content-Type": "text/html"})


def index(serve: Serve, url: str = INDEX) -> locks.Index:
    return locks.Index(url, httpx.Client(transport=httpx.MockTransport(serve)))


def nowhere(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no way")


@pytest.mark.parametrize("serve", [as_json, as_html])
def test_the_hashes_of_all_files_and_builds_of_a_version_are_found(serve: Serve) -> None:
    assert index(serve).hashes(locks.Pin("Demo", "1.0")) == (A, B, D)


def test_a_version_that_the_index_does_not_have_or_without_a_hash_is_told() -> None:
    with pytest.raises(LookupError, match=r"demo==3\.0: the index tells no hashes"):
        index(as_json).hashes(locks.Pin("demo", "3.0"))

    def bare(_: httpx.Request) -> httpx.Response:
        link = '<a href="demo-1.0.tar.gz">demo</a>'
        return httpx.Response(200, text=link, headers={"Content-Type": "text/html"})

    with pytest.raises(LookupError, match="tells no hashes"):
        index(bare).hashes(locks.Pin("demo", "1.0"))


def torch_files(*names: str) -> Serve:
    def serve(_: httpx.Request) -> httpx.Response:
        files = [
            {"filename": name, "hashes": {"sha256": hashlib.sha256(name.encode()).hexdigest()}}
            for name in names
        ]
        return httpx.Response(200, json={"files": files}, headers={"Content-Type": locks.SIMPLE})

    return serve


def test_torch_has_the_hashes_of_both_indexes_and_keeps_them_where_one_cannot_be_reached(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main = index(torch_files("torch-2.0-cp311-cp311-win_amd64.whl"))
    cpu = index(torch_files("torch-2.0+cpu-cp311-cp311-linux_x86_64.whl"), CPU)
    pin = locks.Pin("torch", "2.0")
    both = locks.with_hashes(pin, main, cpu)
    assert len(both.hashes) == 2
    assert capsys.readouterr().err == ""
    assert locks.with_hashes(both, main, index(nowhere, CPU)) == both
    assert "the 1 hashes that were known of it stay" in capsys.readouterr().err
    with pytest.raises(LookupError, match="no hash of one is known"):
        locks.with_hashes(pin, main, index(nowhere, CPU))
    other = replace(both, name="demo", version="1.0")
    assert locks.with_hashes(other, index(as_json), index(nowhere)).hashes == (A, B, D)


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_every_pin_has_hashes_and_the_file_is_as_it_is_written(file: Path) -> None:
    lock = locks.read_lock(file)
    assert locks.without_hashes([(file, lock)]) == []
    assert str(lock) == file.read_text("utf-8")
    names = [canonicalize_name(pin.name) for pin in lock.pins]
    assert len(names) == len(set(names))


def test_a_pin_without_a_hash_is_told(tmp_path: Path) -> None:
    file = tmp_path / "requirements.lock"
    file.write_text(f"# head\none==1 \\\n    --hash=sha256:{A}\ntwo==2 ; sys_platform == 'x'\n")
    lock = locks.read_lock(file)
    assert str(lock) == file.read_text()
    assert locks.without_hashes([(file, lock)]) == ["requirements.lock: two==2 has no hash"]
    file.write_text("-e .\n")
    with pytest.raises(ValueError, match="is no pin"):
        locks.read_lock(file)


def test_torch_has_hashes_of_files_for_every_system_and_of_cpu_builds() -> None:
    (torch,) = (p for p in locks.read_lock(ROOT / "requirements.lock").pins if p.name == "torch")
    # the builds without CUDA for CPython 3.11 on Linux: x86-64 and aarch64
    assert "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b" in torch.hashes
    assert "84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7" in torch.hashes
    assert len(torch.hashes) > 40


def test_what_is_tested_is_what_is_run() -> None:
    tested = set(locks.read_lock(ROOT / "requirements-dev.lock").pins)
    for file in LOCKS:
        assert set(locks.read_lock(file).pins) <= tested, file.name


def environments() -> Iterator[dict[str, str]]:
    for version in ("3.11", "3.12", "3.13", "3.14"):
        for system, name, machine in (
            ("linux", "Linux", "x86_64"),
            ("linux", "Linux", "aarch64"),
            ("darwin", "Darwin", "arm64"),
        ):
            yield {
                "python_version": version,
                "python_full_version": f"{version}.1",
                "sys_platform": system,
                "platform_system": name,
                "platform_machine": machine,
                "extra": "",
            }


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_nothing_that_is_pinned_needs_what_is_not(file: str) -> None:
    pins = {canonicalize_name(pin.name) for pin in locks.read_lock(ROOT / file).pins}
    for name in pins:
        for each in map(Requirement, distribution(name).requires or ()):
            needed = each.marker is None or any(map(each.marker.evaluate, environments()))
            assert not needed or canonicalize_name(each.name) in pins, f"{name} needs {each}"


def test_only_the_project_itself_is_installed_without_hashes() -> None:
    script = (ROOT / "run").read_text("utf-8")
    calls = [
        line.strip() for line in script.splitlines() if line.strip().startswith("pip_install ")
    ]
    assert len(calls) == 4
    assert [call for call in calls if "--require-hashes" not in call] == [
        'pip_install --no-deps --no-build-isolation -e "$root"'
    ]
    commands = [each.words.split("&&") for each in stages()[0] if each.name == "RUN"]
    installs = [part.strip() for parts in commands for part in parts if "pip install" in part]
    assert len(installs) == 3
    assert [each for each in installs if "--require-hashes" not in each] == [
        "/opt/verbatim/bin/pip install --no-cache-dir --no-deps --no-build-isolation ."
    ]


def test_torch_alone_is_taken_out_of_the_lock_file_with_all_its_hashes(tmp_path: Path) -> None:
    (torch,) = (p for p in locks.read_lock(ROOT / "requirements.lock").pins if p.name == "torch")
    (line,) = (each for each in (ROOT / "run").read_text("utf-8").splitlines() if "awk '" in each)
    program = line.split("'")[1]
    assert program in (ROOT / "Dockerfile").read_text("utf-8")
    command = ["awk", program, str(ROOT / "requirements.lock")]
    taken = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    assert taken == f"{torch}\n"


def test_pip_takes_no_file_whose_hash_is_not_listed(tmp_path: Path) -> None:
    name = "verbatim_demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(tmp_path / name, "w") as wheel:
        wheel.writestr("verbatim_demo.py", "")
        about = "verbatim_demo-1.0.dist-info"
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: verbatim-demo\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")
    right = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    file = tmp_path / "requirements.lock"

    def install(pin: locks.Pin) -> "subprocess.CompletedProcess[str]":
        file.write_text(str(locks.Lock("# head", (pin,))))
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--no-index",
            "--find-links",
            str(tmp_path),
        ]
        command += ["--target", str(tmp_path / "site"), "--no-deps", "--require-hashes"]
        return subprocess.run(  # noqa: S603
            [*command, "-r", str(file)], check=False, capture_output=True, text=True
        )

    pin = locks.Pin("verbatim-demo", "1.0")
    assert "Hashes are required" in install(pin).stderr
    assert "DO NOT MATCH THE HASHES" in install(replace(pin, hashes=(A, B))).stderr
    assert not (tmp_path / "site").exists()
    assert install(replace(pin, hashes=(A, right))).returncode == 0
    assert (tmp_path / "site" / "verbatim_demo.py").exists()

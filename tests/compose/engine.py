"""A Docker engine of its own for one test: fetched, started and removed without a trace.

Nothing is installed. Debian's packages of the engine are unpacked into a folder, with Compose
and buildx of Debian's next release, whose programs need nothing but libc. The engine has its own
data, sockets and containerd, makes no rules in the machine's firewall and changes none of its
settings, so a Docker that is running is left alone.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_ENGINE = ("docker.io", "containerd", "runc", "debootstrap", "iptables")
_CLIENT = ("docker-cli", "docker-compose", "docker-buildx")
_CLIENT_RELEASE = "trixie"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SECONDS = 60


def what_is_missing() -> str | None:
    """Why no engine can be started here, in a few words; None if nothing speaks against it."""
    release = Path("/etc/os-release")
    if not release.exists() or "VERSION_CODENAME=bookworm" not in release.read_text().split():
        return "this is not Debian 12"
    if os.getuid() != 0:
        return "only root can start a Docker engine"
    if not shutil.which("unshare") or _fails("unshare", "--mount", "--net", "true"):
        return "root may not make namespaces here"
    if "overlay" not in Path("/proc/filesystems").read_text():
        return "the kernel has no overlayfs"
    if not _KEYRING.exists():
        return "Debian's keyring is not installed"
    return None


@dataclass
class Engine:
    """The engine while a `with` block lasts. `folder` is made and removed; its path must be short.

    Sockets are below it, and their paths may have a hundred characters.
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=dict, init=False)
    """For the client: this engine, and programs of this folder."""
    _daemon_environment: dict[str, str] = field(default_factory=dict, init=False)
    _daemons: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        try:
            self._fetch()
            self._start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for what in ("container", "network"):
            found = self.docker(what, "ls", "--quiet", *_ALL[what], check=False).split()
            if found:
                self.docker(what, "rm", *_FORCE[what], *found, check=False)
        self._remove()

    @property
    def root(self) -> Path:
        """Where the packages are unpacked."""
        return self.folder / "root"

    def docker(self, *arguments: str, check: bool = True) -> str:
        """What the command prints. An AssertionError with all of it when it fails."""
        result = self.try_docker(*arguments)
        assert not check or result.returncode == 0, f"{arguments}:\n{result.stdout}"
        return result.stdout

    def try_docker(
        self, *arguments: str, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The command's exit code and what it prints, errors included."""
        with self.start_docker(*arguments, variables=variables) as process:
            printed, _ = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, printed)

    def start_docker(
        self, *arguments: str, variables: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """The command while it runs; `stdout` has errors too."""
        return subprocess.Popen(  # noqa: S603
            [str(self.root / "usr/bin/docker"), *arguments],
            env={**self.environment, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> None:
        """Run a program in the environment of the engine, whose own programs come first."""
        log = self.folder / f"{Path(command[0]).name}.log"
        with log.open("ab") as output:
            result = subprocess.run(  # noqa: S603
                command, env=self.environment, stdout=output, stderr=output, check=False
            )
        assert result.returncode == 0, log.read_text()[-3000:]

    def mirror(self) -> str:
        """Where this machine gets Debian's packages from."""
        listed = subprocess.run(
            ["apt-get", "update", "--print-uris"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        urls = [line.split("'")[1] for line in listed.splitlines() if "/dists/bookworm/" in line]
        debian = [url.split("/dists/")[0] for url in urls if "security" not in url]
        assert debian, "apt has no source of Debian 12"
        return debian[0]

    def _fetch(self) -> None:
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        programs = (self.root / "usr/sbin", self.root / "usr/bin")
        inherited = os.environ.items()
        self.environment |= {
            k: v for k, v in inherited if not k.startswith(("DOCKER_", "COMPOSE_"))
        }
        self.environment |= {
            "PATH": os.pathsep.join([*map(str, programs), os.environ.get("PATH", os.defpath)]),
            "DEBOOTSTRAP_DIR": str(self.root / "usr/share/debootstrap"),
            "DOCKER_CONFIG": str(self.folder / "config"),
            "DOCKER_HOST": f"unix://{self.folder}/dockerd.sock",
        }
        archives = self.folder / "archives"
        (archives / "partial").mkdir(parents=True)
        wanted = ["--download-only", "--no-install-recommends", "install", *_ENGINE]
        cache = ["-o", f"Dir::Cache::Archives={archives}", "-o", "Debug::NoLocking=true"]
        if _fails("apt-get", "-qq", "-y", *cache, *wanted):
            self.run("apt-get", "-qq", "update")
            self.run("apt-get", "-qq", "-y", *cache, *wanted)
        self._fetch_client(archives)
        for package in archives.glob("*.deb"):
            self.run("dpkg-deb", "-x", str(package), str(self.root))
        shutil.rmtree(archives)
        (self.folder / "config").mkdir()
        (self.folder / "config" / "cli-plugins").symlink_to(
            self.root / "usr/libexec/docker/cli-plugins"
        )
        # For the resolver of each container: its rules are in the container's own network.
        iptables = self.root / "usr/sbin/iptables"
        if not iptables.exists():
            iptables.symlink_to("xtables-nft-multi")
        self._daemon_environment = self.environment | {
            "LD_LIBRARY_PATH": str(libraries),
            "XTABLES_LIBDIR": str(libraries / "xtables"),
        }

    def _fetch_client(self, archives: Path) -> None:
        """With a state of apt's own, so that this machine's package lists stay as they are."""
        state = self.folder / "apt"
        for part in ("lists/partial", "archives/partial", "etc/preferences.d"):
            (state / part).mkdir(parents=True)
        (state / "status").touch()
        (state / "sources.list").write_text(
            f"deb [signed-by={_KEYRING}] {self.mirror()} {_CLIENT_RELEASE} main\n"
        )
        options = {
            "Dir::Etc": state / "etc",
            "Dir::Etc::SourceList": state / "sources.list",
            "Dir::State": state,
            "Dir::State::Status": state / "status",
            "Dir::Cache": state,
            "Acquire::Languages": "none",
            "APT::Sandbox::User": "",
            "Debug::NoLocking": "true",
        }
        apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
        self.run(*apt, "update", "--error-on=any")
        for package in _CLIENT:
            # Into the working directory: apt-get has no option for another.
            self.run("sh", "-c", 'cd "$0" && exec "$@"', str(archives), *apt, "download", package)
        # The engine's own client is older than the Compose that it is to run.
        for old in archives.glob("docker.io_*"):
            self.run("dpkg-deb", "-x", str(old), str(self.root))
            old.unlink()

    def _start(self) -> None:
        data, sockets = self.folder / "data", self.folder
        self._daemon(
            "containerd",
            *("--root", f"{data}/containerd", "--state", f"{self.folder}/run/containerd"),
            *("--address", f"{sockets}/containerd.sock"),
        )
        self._wait_for("containerd")
        self._daemon(
            "dockerd",
            *("--data-root", f"{data}/docker", "--exec-root", f"{self.folder}/run/docker"),
            *("--pidfile", f"{self.folder}/docker.pid", "--host", f"unix://{sockets}/dockerd.sock"),
            *("--containerd", f"{sockets}/containerd.sock", "--storage-driver", "overlay2"),
            # The networks of Compose have bridges of their own, and ports are passed on by
            # docker-proxy. So the machine's firewall and settings need no change.
            *("--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"),
            *("--ip-masq=false", "--userland-proxy-path", f"{self.root}/usr/sbin/docker-proxy"),
        )
        self._wait_for("dockerd")
        self.docker("info")

    def _daemon(self, name: str, *options: str) -> None:
        program = str(next(self.root.glob(f"usr/*bin/{name}"), name))
        with (self.folder / f"{name}.log").open("ab") as log:
            self._daemons.append(
                subprocess.Popen(  # noqa: S603
                    # It ends with this process, even if that is killed.
                    ["setpriv", "--pdeathsig", "TERM", program, *options],  # noqa: S607
                    env=self._daemon_environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _wait_for(self, name: str) -> None:
        deadline = time.monotonic() + _SECONDS
        while not (self.folder / f"{name}.sock").exists():
            log = (self.folder / f"{name}.log").read_text()
            assert self._daemons[-1].poll() is None, f"{name} does not start:\n{log}"
            assert time.monotonic() < deadline, f"{name} does not answer:\n{log}"
            time.sleep(0.1)

    def _remove(self) -> None:
        for daemon in reversed(self._daemons):
            daemon.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(_SECONDS)
            daemon.kill()
        for mount in _mounts_below(self.folder):
            subprocess.run(["umount", "--lazy", mount], check=False)  # noqa: S603, S607
        shutil.rmtree(self.folder)
        # containerd's shims have their sockets there, whatever folder it is given.
        for folder in ("/run/containerd/s", "/run/containerd"):
            with suppress(OSError):
                Path(folder).rmdir()


_ALL: Mapping[str, Sequence[str]] = {
    "container": ["--all"],
    "network": ["--filter", "type=custom"],
}
_FORCE: Mapping[str, Sequence[str]] = {"container": ["--force", "--volumes"], "network": []}


def _fails(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0  # noqa: S603


def _mounts_below(folder: Path) -> list[str]:
    """The innermost first."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted((m for m in mounts if Path(m).is_relative_to(folder)), reverse=True)

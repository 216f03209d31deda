"""A Slurm cluster of one node, this machine, for the time of a test: Debian's slurm-wlm, munge; as root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "sinfo", "squeue", "munged")
CONFIGURATION = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={next_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MinJobAge=300
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why it cannot be had here; "" if it can."""
    if os.geteuid() != 0:
        return "a Slurm of one's own needs root"
    absent = [program for program in PROGRAMS if not shutil.which(program, path=_path())]
    return f"Slurm is not installed: there is no {absent[0]} (Debian's slurm-wlm and munge)" if absent else ""


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _free_port() -> int:
    """The first of two that follow each other."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Slurm:
    """Use as a context manager; `environment` is what its commands need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemons: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder / 'bin'}:{_path()}",
        }

    def __enter__(self) -> Slurm:
        for name in ("state", "spool", "bin"):
            (self.folder / name).mkdir()
        # Jobs get an environment without Slurm's words, and there is no configuration in /etc.
        srun = self.folder / "bin" / "srun"
        real = shutil.which("srun", path=_path())
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {real} "$@"\n')
        srun.chmod(0o755)
        self.folder.chmod(0o755)
        port = _free_port()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                host=socket.gethostname().partition(".")[0],
                port=port,
                next_port=port + 1,
                folder=self.folder,
                cores=len(os.sched_getaffinity(0)),
                memory=memory * 9 // 10,
            )
        )
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        files = {
            "socket": "munge.socket",
            "pid-file": "munge.pid",
            "log-file": "munge.log",
            "seed-file": "seed",
            "key-file": "munge.key",
        }
        self._daemon(
            "munged", "--foreground", "--force", *(f"--{k}={self.folder / v}" for k, v in files.items())
        )
        self._await(lambda: (self.folder / "munge.socket").exists(), "munged")
        self._daemon("slurmctld", "-D", "-i")
        self._daemon("slurmd", "-D", "-c")
        self._await(self._is_idle, "the node")
        return self

    def __exit__(self, *error: object) -> None:
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in self._daemons:
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def call(self, *argv: str) -> str:
        done = subprocess.run(
            argv, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def _daemon(self, *argv: str) -> None:
        with (self.folder / f"{argv[0]}.out").open("wb") as log:
            self._daemons.append(
                subprocess.Popen(
                    argv, env={**os.environ, **self.environment}, stdout=log, stderr=log, cwd=self.folder
                )
            )

    def _is_idle(self) -> bool:
        return "idle" in self.call("sinfo", "--noheader", "--format=%T")

    def _await(self, there: object, what: str) -> None:
        for _ in range(300):
            if there():  # type: ignore[operator]
                return
            time.sleep(0.1)
        logs = "".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
        raise RuntimeError(f"{what} did not come up: {logs}")

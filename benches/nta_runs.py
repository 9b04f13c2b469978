"""What the measuring scripts share: building nta, simulating films, running a command and reading what it cost."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
NTA = TARGET / "release" / "nta"
ONE_STAGE = TARGET / "release" / "examples" / "one_stage"
FILMS = TARGET / "peers" / "films"

SCENE = """\
# The standard scene of the project, of this size and with so many particles in sight; 8 bits.
width_px = {width}
height_px = {height}
frames = {frames}
pixel_size_um = 0.2
frame_rate_fps = 30.0
exposure_ms = 15.0
temperature_c = 25.0
amount = {{ visible_per_frame = {particles:.1f} }}

[[populations]]
diameter_nm = 100.0
"""

# What the scene is, told to nta as a user would.
STATED = ["--pixel-size-um", "0.2", "--exposure-ms", "15", "--temperature-c", "25", "--medium", "water"]


@dataclass
class Cost:
    """What a command cost."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    out: str = ""


def use_cores(cores):
    """Binds this process, and with it all that it starts, to these cores, so that all programs have the same."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def build(features=""):
    """Builds the program and the one that runs single stages."""
    extra = ["--features", features] if features else []
    for what in (["-p", "nta-cli"], ["-p", "nta-engine", "--example", "one_stage"]):
        subprocess.run(["cargo", "build", "--release", "--quiet", *what, *extra], cwd=ROOT, check=True)


def run(command):
    """Runs a command that must succeed. Time and memory are those of the process and of all that it waited for."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        child = subprocess.Popen([str(c) for c in command], stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
        # The child is already waited for, which Popen must learn.
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        # nta ends with 1 where its verdict on the film is "fail": it has done its work all the same.
        if child.returncode not in (0, 1) or (child.returncode == 1 and "analyze" not in map(str, command)):
            sys.exit(f"{command[0]} ended with {child.returncode}: {err.read().decode(errors='replace')[-2000:]}")
        # Linux counts in kB, macOS in bytes.
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Cost(wall, usage.ru_utime + usage.ru_stime, peak / 1e6, out.read().decode())


def middle(costs):
    """The run in the middle by wall time."""
    return sorted(costs, key=lambda c: c.wall_s)[(len(costs) - 1) // 2]


def film(width, height, frames, particles, codec="raw"):
    """A simulated film, made once and kept; the same scene gives the same film."""
    folder = FILMS / f"{width}x{height}_{frames}_{particles:g}_{codec}"
    path = folder / ("film.mp4" if codec == "h264" else "film.avi")
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        scene = folder / "scene.toml"
        scene.write_text(SCENE.format(width=width, height=height, frames=frames, particles=particles))
        print(f"simulating {folder.name}", file=sys.stderr)
        run([NTA, "simulate", scene, "--out", path, "--codec", codec, "--overwrite", "--quiet"])
    return path


def looped(path, times):
    """The film so many times in a row, packed as it is. It jumps where it begins anew, which for memory does not matter."""
    longer = path.with_name(f"film_x{times}{path.suffix}")
    if not longer.exists():
        run(["ffmpeg", "-v", "error", "-y", "-stream_loop", times - 1, "-i", path, "-c", "copy", longer])
    return longer


def analyze(path, threads, extra=()):
    """The whole analysis with its report: what it cost, and `result.json`."""
    with tempfile.TemporaryDirectory(dir=FILMS) as out:
        cost = run([NTA, "analyze", path, *STATED, "--threads", threads, "--out", f"{out}/r", "--quiet", *extra])
        result = json.loads(Path(out, "r", "result.json").read_text())
    return cost, result


def to_tracks_s(result):
    """Seconds from the film to its tracks."""
    stages = result["timing"]["stage_seconds"]
    return sum(stages[s] for s in ("background", "detect", "link", "drift"))


def table(head, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)

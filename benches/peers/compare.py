"""nta beside trackpy, and beside decoding alone, on the same film, the same two cores, in one run. Prints a Markdown table.

    python3 benches/peers/compare.py                   1280x1024, 1,500 frames, 8 bits, 70 particles in sight
    python3 benches/peers/compare.py --numba           trackpy with numba too
    python3 benches/peers/compare.py --ten-times       a film ten times as long too, for its memory

Everything it needs but cargo, ffmpeg and Python is made under `target/peers` and used again the next time. trackpy is measured
on the first frames of the film, because it takes as long for each of them; nta on those and on the whole film, because it
learns the film once.
"""

import argparse
import json
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import nta_runs as runs  # noqa: E402

TRACKPY = "trackpy==0.7"
CODECS = ("raw", "mjpeg", "h264")


def arguments():
    parser = argparse.ArgumentParser(description="nta beside trackpy and beside decoding alone")
    parser.add_argument("--frames", type=int, default=1500, help="of the film [1500]")
    parser.add_argument("--size", default="1280x1024", help="[1280x1024]")
    parser.add_argument("--particles", type=float, default=70.0, help="in sight per frame [70]")
    parser.add_argument("--trackpy-frames", type=int, default=100, help="first frames that trackpy gets [100]")
    parser.add_argument("--numba", action="store_true", help="trackpy with numba too, which it does not bring along")
    parser.add_argument("--ten-times", action="store_true", help="follow ten times as many frames too")
    parser.add_argument("--repeat", type=int, default=1, help="runs of nta and of the decoders; the median counts [1]")
    parser.add_argument("--cores", default="0,1", help="cores for all programs [0,1]")
    parser.add_argument("--features", default="", help="features of cargo to build nta with, such as ffmpeg")
    return parser.parse_args()


def environment(numba):
    """An environment with trackpy as pip gives it, and one with numba beside it."""
    folder = runs.TARGET / "peers" / ("venv-numba" if numba else "venv")
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        if not python.exists():
            venv.create(folder, with_pip=True)
        packages = [TRACKPY, "numba"] if numba else [TRACKPY]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "installed").write_text(" ".join(packages))
    return python


class Report:
    """Rows of the table. `pixels` is the number of pixels of a frame. Processor time tells how far the machine was shared."""

    def __init__(self, pixels):
        self.pixels, self.rows = pixels, []

    def add(self, what, frames, seconds, cpu_s=None, peak_mb=None, beside=""):
        rate = frames / seconds
        mpixel = f"{rate * self.pixels / 1e6:.0f}"
        cpu = "" if cpu_s is None else f"{cpu_s:.2f}"
        peak = "" if peak_mb is None else f"{peak_mb:.0f}"
        self.rows.append([what, frames, f"{seconds:.2f}", cpu, f"{rate:.1f}", mpixel, peak, beside])
        return rate

    def text(self):
        return runs.table(["what", "frames", "wall s", "CPU s", "frames/s", "Mpixel/s", "peak MB", "beside"], self.rows)


def decoders(report, films, options):
    """Decoding alone. Wall seconds of ffmpeg and of nta on two threads, by codec."""
    seconds = {}
    for codec, path in films.items():
        ffmpeg = ["ffmpeg", "-v", "error", "-threads", 2, "-i", path, "-f", "null", "-"]
        cost = runs.middle([runs.run(ffmpeg) for _ in range(options.repeat)])
        report.add(f"{codec}: decode only, ffmpeg, 2 threads", options.frames, cost.wall_s, cost.cpu_s)
        own = {}
        for threads in (1, 2):
            decode = [runs.ONE_STAGE, "decode", "--film", path, "--threads", threads]
            own[threads] = runs.middle([runs.run(decode) for _ in range(options.repeat)])
            name = f"{codec}: decode only, nta, {threads} thread{'s' * (threads > 1)}"
            report.add(name, options.frames, own[threads].wall_s, own[threads].cpu_s)
        seconds[codec] = (cost.wall_s, own[2].wall_s)
    return seconds


def nta_rates(report, path, what, frames, threads, options, decode=None, extra=()):
    """A film to tracks and the whole analysis. Frames per second of both."""
    done = [runs.analyze(path, threads, extra) for _ in range(options.repeat)]
    cost, result = sorted(done, key=lambda d: d[0].wall_s)[(len(done) - 1) // 2]
    seconds = runs.to_tracks_s(result)
    beside = ""
    if decode:
        beside = f"{seconds / decode[0]:.1f} times decode only by ffmpeg, {seconds / decode[1]:.1f} by nta"
    name = f"nta, {threads} thread{'s' * (threads > 1)}"
    tracks = report.add(f"{what}: film to tracks, {name}", frames, seconds, beside=beside)
    whole = report.add(f"{what}: film to report, {name}", frames, cost.wall_s, cost.cpu_s, cost.peak_mb)
    stages = ", ".join(f"{k} {v:.2f}" for k, v in result["timing"]["stage_seconds"].items() if v >= 0.01)
    print(f"{what}, {name}: {stages} s", file=sys.stderr)
    return tracks, whole


def trackpy_rates(report, film, options, numba, nta):
    """trackpy with one process and with two; `nta` is the rate of nta to tracks and to the report, by threads."""
    python = environment(numba)
    name = "trackpy with numba" if numba else "trackpy"
    for processes in (1, 2):
        worker = [python, HERE / "trackpy_pipeline.py", film, options.trackpy_frames, processes]
        told = json.loads(runs.run(worker).out)
        count, kind = told["frames"], f"{processes} process{'es' * (processes > 1)}"
        to_tracks = told["locate_s"] + told["link_s"]
        # What nta does with the whole film over what trackpy does with its beginning.
        times = nta[processes][0] * to_tracks / count
        report.add(f"raw: locate and link, {name}, {kind}", count, to_tracks, beside=f"nta is {times:.0f} times as fast")
        total = to_tracks + told["size_s"]
        times = nta[processes][1] * total / count
        beside = f"nta with its report is {times:.0f} times as fast"
        report.add(f"raw: locate, link, D per track, {name}, {kind}", count, total, told["cpu_s"], beside=beside)
        print(f"{name} {told}", file=sys.stderr)


def main():
    options = arguments()
    runs.use_cores({int(c) for c in options.cores.split(",")})
    runs.build(options.features)
    width, height = map(int, options.size.split("x"))
    films = {c: runs.film(width, height, options.frames, options.particles, c) for c in CODECS}
    report = Report(width * height)
    decode = decoders(report, films, options)
    nta = {t: nta_rates(report, films["raw"], "raw", options.frames, t, options, decode["raw"]) for t in (1, 2)}
    report.rows[-1][-1] = f"two threads are {nta[2][0] / nta[1][0]:.2f} times one to tracks, {nta[2][1] / nta[1][1]:.2f} to the report"
    for codec in CODECS[1:]:
        nta_rates(report, films[codec], codec, options.frames, 2, options, decode[codec])
    first = options.trackpy_frames
    nta_rates(report, films["raw"], f"raw, first {first}", first, 2, options, extra=["--last-frame", first - 1])
    if options.ten_times:
        longer = runs.looped(films["mjpeg"], 10)
        nta_rates(report, longer, "mjpeg, ten times as long", 10 * options.frames, 2, options)
    for numba in (False, True)[: 1 + options.numba]:
        trackpy_rates(report, films["raw"], options, numba, nta)
    print(report.text())


if __name__ == "__main__":
    main()

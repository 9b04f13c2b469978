"""How time and memory of nta grow with the size of the picture, the number of particles, the length of the film and the threads.

    python3 benches/scale.py                  all of it, in a few minutes
    python3 benches/scale.py particles        sizes and particles: seconds of each stage
    python3 benches/scale.py frames           length of the film: peak memory and time
    python3 benches/scale.py threads          one thread and two

Each film is simulated once, kept under `target/peers/films` and analysed with its report. Columns are wall seconds; memory is the
largest resident set of the process. Prints Markdown tables.
"""

import argparse

import nta_runs as runs

SIZES = ((640, 480), (1280, 1024), (2048, 2048))
PARTICLES = (10, 100, 1000)
STAGES = ("background", "detect", "link", "drift", "size")


def stages_of(result):
    """Seconds of each stage as cells."""
    seconds = result["timing"]["stage_seconds"]
    return [f"{seconds.get(stage, 0.0):.2f}" for stage in STAGES]


def spots_of(result):
    """Particles seen per frame."""
    return sum(c["particles_per_frame"] for c in result["captures"]) / len(result["captures"])


def by_particles(frames):
    rows = []
    for width, height in SIZES:
        before = None
        for particles in PARTICLES:
            cost, result = runs.analyze(runs.film(width, height, frames, particles), 2)
            stages = result["timing"]["stage_seconds"]
            looking, linking = 1e3 * stages["detect"] / frames, 1e3 * stages["link"] / frames
            times = f"{(looking + linking) / before:.1f}" if before else ""
            before = looking + linking
            rows.append(
                [f"{width}x{height}", particles, f"{spots_of(result):.0f}", *stages_of(result), f"{cost.wall_s:.2f}"]
                + [f"{width * height / looking / 1e3:.0f}", times, f"{cost.peak_mb:.0f}"]
            )
    head = ["size", "particles in sight", "seen", *STAGES, "to report", "Mpixel/s detect and refine"]
    head += ["detect to link, times a tenth of the particles", "peak MB"]
    return f"{frames} frames, raw AVI, 2 threads, s\n\n" + runs.table(head, rows)


def by_frames():
    """A film of 150 frames, one ten times as long, and that ten times in a row."""
    rows, width, height = [], 640, 480
    films = [(150, runs.film(width, height, 150, 35)), (1500, runs.film(width, height, 1500, 35))]
    # Motion JPEG, so that the longest needs less room on the disk.
    films.append((15000, runs.looped(runs.film(width, height, 1500, 35, "mjpeg"), 10)))
    for frames, path in films:
        cost, result = runs.analyze(path, 2)
        rows.append([frames, path.stat().st_size // 1_000_000, *stages_of(result), f"{cost.wall_s:.2f}", f"{cost.peak_mb:.0f}"])
    head = ["frames", "file MB", *STAGES, "to report", "peak MB"]
    return f"{width}x{height}, 35 particles in sight, 2 threads (15,000 frames as MJPEG), s\n\n" + runs.table(head, rows)


def by_threads():
    rows, film = [], runs.film(1280, 1024, 300, 100)
    wall = {}
    for threads in (1, 2):
        cost, result = runs.analyze(film, threads)
        wall[threads] = cost.wall_s
        rows.append([threads, *stages_of(result), f"{cost.wall_s:.2f}", f"{wall[1] / cost.wall_s:.2f}", f"{cost.peak_mb:.0f}"])
    head = ["threads", *STAGES, "to report", "times one thread", "peak MB"]
    return "1280x1024, 300 frames, raw AVI, 100 particles in sight, s\n\n" + runs.table(head, rows)


def main():
    parser = argparse.ArgumentParser(description="how time and memory of nta grow")
    parser.add_argument("what", nargs="*", default=["particles", "frames", "threads"])
    parser.add_argument("--frames", type=int, default=100, help="of the films of different sizes [100]")
    parser.add_argument("--cores", default="0,1", help="cores to use [0,1]")
    options = parser.parse_args()
    runs.use_cores({int(c) for c in options.cores.split(",")})
    runs.build()
    parts = {"particles": lambda: by_particles(options.frames), "frames": by_frames, "threads": by_threads}
    for what in options.what:
        if what not in parts:
            parser.error(f"there is no part {what}; there are {', '.join(parts)}")
    for what in options.what:
        print(parts[what](), end="\n\n", flush=True)


if __name__ == "__main__":
    main()

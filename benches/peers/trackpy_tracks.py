"""trackpy on the simulated films of a manifest: writes its tracks and sizes for `nta benchmark` to score.

    pip install trackpy==0.7 numba tifffile
    python3 benches/peers/trackpy_tracks.py target/release/nta fixtures/validation/manifest.toml fixtures/validation/trackpy [FILM...]

What a careful user does, with what such a user cannot have: `minmass` is chosen on the first frames by the truth of the film
(best agreement), where a user would turn the knob by eye. Spot diameter 7 px, memory 2, search range three times the root mean
square step of the sizes in the film; drift subtracted (smoothed over 15 frames); D of each track of 25 frames or more from the line
through the first two points of its mean squared displacement, which on these films comes nearest to the truth of what a user may
choose (10, 25 or 40 frames; lag 1 alone, two points, four points with and without an intercept, a power law); diameter by Stokes and
Einstein.

Columns: frame, particle, x, y, diameter_nm (empty for shorter tracks); positions to a hundredth of a pixel, sorted by particle.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
import trackpy as tp
from scipy.optimize import linear_sum_assignment

DIAMETER_PX = 7
SHORTEST = 25
POINTS = 2
BOLTZMANN = 1.380649e-23


def film_of(nta, manifest, entry, seed, folder):
    """Simulates the film; its pictures, the truth per spot and the truth as a whole."""
    codec = entry.get("codec", "raw")
    # A TIFF cannot say which frames are missing; films with lost frames are left out here.
    out = folder / {"raw": "film.tif", "mjpeg": "film.avi", "h264": "film.mp4"}[codec]
    command = [nta, "simulate", manifest.parent / entry["scene"], "--out", out, "--seed", str(seed), "--quiet"]
    if codec != "raw":
        command += ["--codec", codec]
    for key in ("quality", "frames"):
        if key in entry:
            command += [f"--{key}", str(entry[key])]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    truth = json.loads((folder / "truth.json").read_text())
    rows = pd.read_csv(folder / "truth.csv")
    size = truth["height_px"], truth["width_px"]
    if codec == "raw":
        pictures = tifffile.imread(out).reshape(-1, *size)
    else:
        raw = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", out, "-vf", "extractplanes=y", "-f", "rawvideo", "-"],
            check=True, stdout=subprocess.PIPE,
        ).stdout
        pictures = np.frombuffer(raw, np.uint8).reshape(-1, *size)
    missing = set(truth["missing"])
    delivered = [n for n in range(truth["frames"]) if n not in missing]
    return pictures, delivered, rows, truth


def agreement(spots, rows):
    """F measure of spots (frame, x, y) against particles with a peak of at least 5 times the noise. One to one within 3 px; a spot on
    a fainter particle that is at least twice the noise is neither a hit nor false."""
    good = hits = false = 0
    for frame, there in rows.groupby("frame"):
        good += (there.snr >= 5).sum()
        found = spots[spots.frame == frame][["x", "y"]].to_numpy()
        place, snr = there[["x_px", "y_px"]].to_numpy(), there.snr.to_numpy()
        if not len(found) or not len(place):
            false += len(found)
            continue
        apart = np.linalg.norm(found[:, None] - place[None], axis=2)
        rows_, columns = linear_sum_assignment(np.minimum(apart, 3) ** 2)
        near = apart[rows_, columns] < 3
        matched = snr[columns[near]]
        hits += (matched >= 5).sum()
        false += len(found) - (matched >= 2).sum()
    return 2 * hits / max(1, good + hits + false)


def choose_minmass(pictures, delivered, rows):
    """The mass that agrees best with the truth on eight frames."""
    places = np.linspace(0, len(pictures) - 1, 8).astype(int)
    located = [tp.locate(pictures[n], DIAMETER_PX, minmass=0).assign(frame=delivered[n]) for n in places]
    spots = pd.concat(located)
    rows = rows[rows.frame.isin([delivered[n] for n in places])]
    if len(rows) == 0:
        return float(spots.mass.max() * 1.1) if len(spots) else 1.0
    steps = np.quantile(spots.mass, np.linspace(0, 0.995, 80))
    scores = [agreement(spots[spots.mass >= m], rows) for m in steps]
    return float(steps[int(np.argmax(scores))])


def diameters(tracks, truth):
    """Diameter of each track, nm."""
    px, fps = truth["pixel_size_um"], 1 / truth["frame_interval_s"]
    if tracks.empty:
        return {}
    drift = tp.compute_drift(tracks, smoothing=15)
    free = tp.subtract_drift(tracks.copy(), drift)
    long = tp.filter_stubs(free, SHORTEST)
    if long.empty:
        return {}
    msd = tp.imsd(long, px, fps, max_lagtime=POINTS)
    kelvin, viscosity = truth["temperature_c"] + 273.15, truth["viscosity_mpa_s"] * 1e-3
    product = BOLTZMANN * kelvin / (3 * np.pi * viscosity) * 1e21  # um^2/s times nm
    out = {}
    for particle, curve in msd.items():
        curve = curve.dropna()
        if len(curve) >= 2:
            d = np.polyfit(curve.index, curve.to_numpy(), 1)[0] / 4
            if d > 0:
                out[particle] = product / d
    return out


def run(nta, manifest, entry, seed, out):
    with tempfile.TemporaryDirectory() as folder:
        pictures, delivered, rows, truth = film_of(nta, manifest, entry, seed, Path(folder))
    if truth["scene"]["light"]["polarity"] == "dark":
        pictures = pictures.max() - pictures
    minmass = choose_minmass(pictures, delivered, rows)
    fastest = max([p["diffusion_um2_per_s"] for p in truth["particles"]] or [5.0])
    step_px = np.sqrt(4 * fastest * truth["frame_interval_s"]) / truth["pixel_size_um"]
    search = max(5.0, 3 * step_px)
    begin = time.perf_counter()
    spots = tp.batch(pictures, DIAMETER_PX, minmass=minmass, processes=1)
    spots["frame"] = np.array(delivered)[spots.frame.to_numpy()] if len(spots) else []
    tp.linking.Linker.MAX_SUB_NET_SIZE = 30
    tracks = pd.DataFrame(columns=["frame", "particle", "x", "y"])
    while len(spots):
        try:
            tracks = tp.link(spots, search, memory=2)
            break
        except tp.linking.SubnetOversizeException:
            search *= 0.9  # what its message advises
    seconds = time.perf_counter() - begin
    sizes = diameters(tracks, truth)
    write(tracks, sizes, out)
    fps = len(pictures) / seconds
    print(f"{out.name}: minmass {minmass:.0f}, range {search:.1f} px, {len(sizes)} sizes, {fps:.0f} frames/s", flush=True)


def write(tracks, sizes, out):
    table = tracks[["frame", "particle", "x", "y"]].sort_values(["particle", "frame"])
    lines = ["frame,particle,x,y,diameter_nm"]
    for frame, particle, x, y in table.itertuples(index=False):
        size = sizes.get(particle)
        lines.append(f"{frame},{particle},{x:.2f},{y:.2f},{'' if size is None else f'{size:.1f}'}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(("\n".join(lines) + "\n").encode())


def main():
    nta, manifest, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    wanted = sys.argv[4:]
    tp.quiet()
    for entry in tomllib.loads(manifest.read_text())["film"]:
        if "scene" not in entry or (wanted and entry["name"] not in wanted):
            continue
        run(nta, manifest, entry, entry["seeds"][0], folder / f"{entry['name']}-{entry['seeds'][0]}.csv.gz")


if __name__ == "__main__":
    main()

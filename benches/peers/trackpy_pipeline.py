"""trackpy from the pictures of a film to D per track; prints its seconds as JSON. `compare.py` runs it in an environment of its own.

    python trackpy_pipeline.py FILM.avi FRAMES PROCESSES
"""

import json
import mmap
import resource
import struct
import sys
import time

import numpy as np
import trackpy as tp

# Found by hand for this film: at this mass trackpy finds most of the visible particles and little else, and no 100 nm
# bead steps further than this between frames.
DIAMETER_PX, MINMASS, SEARCH_RANGE_PX, MEMORY = 7, 60, 12, 2
# What a user does then: drift smoothed over 15 frames, D from the first two points of the mean squared displacement of tracks
# that are long enough.
SHORTEST, SMOOTHING, POINTS = 10, 15, 2
PIXEL_UM, FPS = 0.2, 30.0


def pictures(path, wanted):
    """The first frames of an uncompressed 8-bit grey AVI, as views into the file; a dropped frame is not among them."""
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    out, size, stack = [], None, [(12, len(data))]
    while stack and len(out) < wanted:
        at, end = stack.pop()
        if at + 8 > end:
            continue
        name, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        # What follows is looked at after what is inside.
        stack.append((at + 8 + length + length % 2, end))
        if name in (b"RIFF", b"LIST"):
            stack.append((at + 12, at + 8 + length))
        elif name == b"strf":
            size = struct.unpack_from("<ii", data, at + 12)
        elif name == b"00db" and length:
            out.append(picture(data, at + 8, size))
    return out


def picture(data, at, size):
    """One picture. Rows fill up to four bytes; a positive height means that the lowest row comes first."""
    width, height = size
    row = (width + 3) // 4 * 4
    whole = np.frombuffer(data, np.uint8, row * abs(height), at).reshape(abs(height), row)[:, :width]
    return whole[::-1] if height > 0 else whole


def warm_up(film):
    """What is loaded or compiled on first use is not timed."""
    spots = tp.batch(film[:3], DIAMETER_PX, minmass=MINMASS, processes=1)
    tp.link(spots, SEARCH_RANGE_PX, memory=MEMORY)


def cpu_s():
    """Processor time of this process and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main():
    path, frames, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    tp.quiet()
    film = pictures(path, frames)
    warm_up(film)
    begin_cpu, begin = cpu_s(), time.perf_counter()
    spots = tp.batch(film, DIAMETER_PX, minmass=MINMASS, processes=processes)
    located = time.perf_counter()
    tracks = tp.link(spots, SEARCH_RANGE_PX, memory=MEMORY)
    linked = time.perf_counter()
    drift = tp.compute_drift(tracks, smoothing=min(SMOOTHING, len(film) // 2))
    free = tp.filter_stubs(tp.subtract_drift(tracks.copy(), drift), SHORTEST)
    msd = tp.imsd(free.reset_index(drop=True), PIXEL_UM, FPS, max_lagtime=POINTS)
    d = [np.polyfit(curve.index, curve.to_numpy(), 1)[0] / 4 for _, curve in msd.dropna(axis=1).items()]
    sized = time.perf_counter()
    told = {
        "version": tp.__version__,
        "frames": len(film),
        "width": film[0].shape[1],
        "height": film[0].shape[0],
        "spots_per_frame": len(spots) / len(film),
        "tracks": int(tracks.particle.nunique()),
        "tracks_with_d": len(d),
        "median_d_um2_per_s": float(np.median(d)) if d else None,
        "locate_s": located - begin,
        "link_s": linked - located,
        "size_s": sized - linked,
        "cpu_s": cpu_s() - begin_cpu,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()

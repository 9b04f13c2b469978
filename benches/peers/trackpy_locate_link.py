"""trackpy on the first 100 frames of the film that `benches/film.rs` has left behind; one process, one thread."""

import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import trackpy as tp

path, width, height = sys.argv[1], 640, 480
frames = int(sys.argv[2]) if len(sys.argv) > 2 else 100
tp.quiet()
film = np.fromfile(path, np.uint8, frames * width * height).reshape(-1, height, width)

# Found by hand for this film: at this mass trackpy finds most of the visible particles and little else.
settings = {"diameter": 7, "minmass": 60}
tp.locate(film[0], **settings)  # what is loaded on first use is not timed
begin = time.perf_counter(), time.process_time()
spots = tp.batch(film, processes=1, **settings)
located = time.perf_counter(), time.process_time()
tracks = tp.link(spots, search_range=12, memory=2)
linked = time.perf_counter(), time.process_time()
n = len(film)
print(f"trackpy {tp.__version__}: {n} frames, {len(spots) / n:.1f} spots per frame, {tracks.particle.nunique()} tracks")
for name, a, b in [("locate", begin, located), ("link", located, linked), ("both", begin, linked)]:
    print(f"{name}: {n / (b[0] - a[0]):.1f} frames/s, {n / (b[1] - a[1]):.1f} frames per CPU second")

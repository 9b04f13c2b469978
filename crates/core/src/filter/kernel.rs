//! Kernels, and how they are mirrored at edges.

/// Half of a symmetric kernel: the centre first.
#[derive(Clone, Debug)]
pub(crate) struct Kernel(pub(super) Vec<f32>);

impl Kernel {
    /// Gaussian of standard deviation `sigma` in pixels, cut at three of it, sum 1.
    pub(crate) fn gauss(sigma: f64) -> Self {
        let sigma = sigma.max(1e-3);
        let radius = (3.0 * sigma).ceil() as usize;
        let half: Vec<f64> = (0..=radius)
            .map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp())
            .collect();
        let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
        Self(half.iter().map(|v| (v / sum) as f32).collect())
    }

    /// Running mean over `2 radius + 1` pixels.
    pub(crate) fn boxcar(radius: usize) -> Self {
        Self(vec![1.0 / (2 * radius + 1) as f32; radius + 1])
    }

    /// Sum over the axis of this kernel times `other` shifted by `lag`.
    pub(crate) fn overlap(&self, other: &Kernel, lag: isize) -> f64 {
        let radius = self.0.len() as isize - 1;
        (-radius..=radius)
            .map(|i| {
                let a = self.0[i.unsigned_abs()];
                let b = other.0.get((i + lag).unsigned_abs()).copied();
                f64::from(a) * f64::from(b.unwrap_or(0.0))
            })
            .sum()
    }
}

/// The wide Gaussian of a difference of Gaussians.
#[derive(Clone, Debug)]
pub(crate) struct Surround {
    /// On the picture itself.
    pub(crate) kernel: Kernel,
    /// The same on squares of two pixels, if it is wide enough for them.
    pub(super) coarse: Option<Kernel>,
}

impl Surround {
    /// Of standard deviation `sigma` in pixels.
    pub(crate) fn gauss(sigma: f64) -> Self {
        // Squares of two pixels widen by 1/4 px^2; drawing out linearly widens by 2/3 - 1/6 = 1/2 px^2 on average.
        let left = sigma * sigma - 0.75;
        Self {
            kernel: Kernel::gauss(sigma),
            coarse: (sigma >= 3.0).then(|| Kernel::gauss(0.5 * left.sqrt())),
        }
    }
}

/// For each of `n` pixels along an axis with mirrored edges: the sum over the axis of kernel `a` times kernel `b`, both
/// centred there. Near an edge it is larger, because the mirror puts the same pixel in twice.
pub(crate) fn power_along(a: &Kernel, b: &Kernel, n: usize) -> Vec<f64> {
    let spread = |kernel: &Kernel, at: usize| {
        let radius = kernel.0.len() as isize - 1;
        let mut weights = vec![0.0f64; n];
        for t in -radius..=radius {
            weights[mirror(at as isize + t, n)] += f64::from(kernel.0[t.unsigned_abs()]);
        }
        weights
    };
    let inner = a.overlap(b, 0);
    let reach = a.0.len().max(b.0.len());
    (0..n)
        .map(|at| {
            if at >= reach && at + reach < n {
                return inner;
            }
            let (wa, wb) = (spread(a, at), spread(b, at));
            wa.iter().zip(&wb).map(|(u, v)| u * v).sum()
        })
        .collect()
}

/// Mirrors an index into `0..n`, the edge pixel counted twice; `n > 0`.
pub(super) fn mirror(i: isize, n: usize) -> usize {
    let period = 2 * n as isize;
    let i = i.rem_euclid(period);
    if i < n as isize {
        i as usize
    } else {
        (period - 1 - i) as usize
    }
}

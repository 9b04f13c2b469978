//! Which vector instructions the pixel kernels use: chosen once, at run time, by what the processor has.
//!
//! Only the width of a step differs between them. No kernel contracts a product and a sum into one rounding, and each
//! pixel is summed in the same order, so that the results are the same bytes everywhere (`docs/performance.md`).

// The compiler cannot know what processor a program will run on. This is the one place where we vouch for it.
#![allow(unsafe_code)]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// A set of vector instructions, narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// What every processor of the target has: SSE2 on x86-64, NEON on aarch64.
    Baseline,
    /// Eight `f32` at a time.
    Avx2,
    /// Sixteen `f32` at a time.
    Avx512,
}

const ALL: [Instructions; 3] = [
    Instructions::Baseline,
    Instructions::Avx2,
    Instructions::Avx512,
];

/// The widest that may be used, as its place in [`ALL`].
static LIMIT: AtomicU8 = AtomicU8::new(u8::MAX);

/// What the processor has, asked once.
static WIDEST: LazyLock<Instructions> = LazyLock::new(widest);

impl Instructions {
    /// What this processor offers, narrowest first.
    pub fn available() -> Vec<Self> {
        ALL.into_iter().filter(|i| *i <= *WIDEST).collect()
    }

    /// Uses nothing wider from now on, in this process. For measuring and testing: numbers do not depend on it.
    pub fn limit(self) {
        LIMIT.store(self as u8, Ordering::Relaxed);
    }

    /// Does the work with each set that the processor has, narrowest first, and gives the answers. One test at a time: the
    /// limit is the process's.
    #[cfg(test)]
    pub(crate) fn each<T>(mut work: impl FnMut(Self) -> T) -> Vec<T> {
        static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
        let answers = Self::available().into_iter().map(|instructions| {
            instructions.limit();
            let answer = work(instructions);
            assert_eq!(Self::in_use(), instructions);
            answer
        });
        let answers = answers.collect();
        Self::Avx512.limit();
        answers
    }

    /// What is in use.
    pub fn in_use() -> Self {
        let limit = usize::from(LIMIT.load(Ordering::Relaxed)).min(ALL.len() - 1);
        (*WIDEST).min(ALL[limit])
    }
}

#[cfg(target_arch = "x86_64")]
fn widest() -> Instructions {
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match is_x86_feature_detected!("avx2") {
        true if avx512 => Instructions::Avx512,
        true => Instructions::Avx2,
        false => Instructions::Baseline,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn widest() -> Instructions {
    Instructions::Baseline
}

/// A piece of work that is compiled once for each set of instructions. `run`, and every function in which it spends its
/// time, must be `#[inline(always)]`: only what is inlined is compiled anew.
pub(crate) trait Kernel {
    /// What it gives.
    type Output;

    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Runs a kernel with the instructions in use.
#[inline]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        match Instructions::in_use() {
            // SAFETY: `in_use` gives only what the processor was found to have.
            Instructions::Avx512 => return unsafe { with_avx512(kernel) },
            // SAFETY: as above.
            Instructions::Avx2 => return unsafe { with_avx2(kernel) },
            Instructions::Baseline => {}
        }
    }
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl")]
fn with_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

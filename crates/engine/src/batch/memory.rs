//! Samples that are analysed beside each other share the memory of the machine.

use crate::analyze::AnalyzeError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What an analysis holds besides frames, bytes: program, spots and tracks of an ordinary film.
const BESIDE_FRAMES: u64 = 60 << 20;
/// Frames that an analysis holds at once, measured: 136 for a raw film of 1280x1024, 210 for one that FFmpeg decodes.
const FRAMES: u64 = 210;
/// What is taken where the system does not say how much there is.
const UNKNOWN: u64 = 4 << 30;

/// A budget of memory, shared out among analyses.
pub(super) struct Memory {
    budget: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

/// A part of the budget; it goes back with this value.
pub(super) struct Room<'a> {
    memory: &'a Memory,
    bytes: u64,
}

impl Memory {
    /// A budget in bytes; without one, half of what the system has to give now.
    pub(super) fn new(budget: Option<u64>) -> Self {
        Self {
            budget: budget.unwrap_or_else(|| available().unwrap_or(UNKNOWN) / 2),
            used: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    /// What an analysis needs whose largest frames have so many bytes.
    pub(super) fn of_frames(bytes: u64) -> u64 {
        BESIDE_FRAMES + FRAMES * bytes
    }

    /// Waits until there is room. One analysis may always run, even one that is larger than the budget.
    pub(super) fn take(&self, bytes: u64, cancel: &AtomicBool) -> Result<Room<'_>, AnalyzeError> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        while *used > 0 && used.saturating_add(bytes) > self.budget {
            if cancel.load(Ordering::Relaxed) {
                return Err(AnalyzeError::Cancelled);
            }
            let wait = Duration::from_millis(200);
            let woken = self.freed.wait_timeout(used, wait);
            used = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        *used = used.saturating_add(bytes);
        Ok(Room {
            memory: self,
            bytes,
        })
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let mut used = self
            .memory
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.bytes);
        self.memory.freed.notify_all();
    }
}

/// Memory that programs can have without others being put aside, bytes; as Linux tells it.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_fit_waits_and_the_first_never_does() {
        let memory = Memory::new(Some(100));
        let go = AtomicBool::new(false);
        let large = memory.take(1000, &go).expect("the first");
        assert!(matches!(
            memory.take(1, &AtomicBool::new(true)),
            Err(AnalyzeError::Cancelled)
        ));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| memory.take(60, &go).map(|room| room.bytes));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!waiting.is_finished());
            drop(large);
            let got = waiting.join().expect("no panic").expect("room");
            assert_eq!(got, 60);
        });
        assert_eq!(*memory.used.lock().expect("a lock"), 0);
    }
}

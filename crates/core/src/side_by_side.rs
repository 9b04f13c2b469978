//! Work that is done on all threads of the caller's pool while a film is learned. Answers come in the order of the
//! work, and no piece of work sees another one, so that they are the same for any number of threads.

use rayon::prelude::*;
use std::sync::Mutex;

/// The answers to all pieces of work, in their order.
pub(crate) fn each<T: Send, R: Send>(
    work: Vec<T>,
    answer: impl Fn(T) -> R + Sync + Send,
) -> Vec<R> {
    work.into_par_iter().map(answer).collect()
}

/// As [`each`], with room for every piece that runs at the same time, taken over by the next one: what an answer
/// finds there must not matter to it.
pub(crate) fn each_with_room<T: Send, R: Send, Room: Default + Send>(
    work: Vec<T>,
    answer: impl Fn(T, &mut Room) -> R + Sync + Send,
) -> Vec<R> {
    let rooms: Mutex<Vec<Room>> = Mutex::new(Vec::new());
    // A poisoned lock means that another thread died; the rooms are only scratch.
    let lock = || rooms.lock().unwrap_or_else(|e| e.into_inner());
    each(work, |piece| {
        let free = lock().pop();
        let mut room = free.unwrap_or_default();
        let out = answer(piece, &mut room);
        lock().push(room);
        out
    })
}

/// Two answers at the same time.
pub(crate) fn both<A: Send, B: Send>(
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    rayon::join(a, b)
}

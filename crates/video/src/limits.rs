//! How large a picture may be. Checked before any memory is taken for it.

/// Longest side, px.
pub(crate) const MAX_SIDE_PX: u64 = 32_768;
/// Most pixels of one picture. Larger than any camera's, and small enough that the few pictures of floating-point numbers
/// that an analysis keeps fit into the memory of a laptop: a compressed file of some kilobytes can hold more.
pub(crate) const MAX_PIXELS: u64 = 128 * 1024 * 1024;

/// Width and height in px if they are sensible, else a sentence with the range.
pub(crate) fn check_size(width: u64, height: u64) -> Result<(usize, usize), String> {
    let sides = 1..=MAX_SIDE_PX;
    if !sides.contains(&width) || !sides.contains(&height) || width * height > MAX_PIXELS {
        return Err(format!(
            "its pictures are said to be {width} x {height} px; allowed are 1 to {MAX_SIDE_PX} px a side and at most {} Mpx",
            MAX_PIXELS >> 20
        ));
    }
    // Both are at most 32768 here.
    Ok((width as usize, height as usize))
}

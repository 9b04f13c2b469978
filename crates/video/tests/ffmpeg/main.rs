//! Both FFmpeg readers on files that `ffmpeg` makes here and now. Without that program the tests say so and pass;
//! without the feature `ffmpeg` only the reader through the program is tested.
//!
//! `bench` makes films and reads them with every reader; the tests are sorted by what can go wrong: counts, times,
//! damage, and files that are odd or no film at all.

mod bench;

mod counts;
mod damage;
mod odd_files;
mod recorded;
mod times;

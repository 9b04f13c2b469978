//! Which spots of a film ended up where, and how many there are of each kind.

use nta_core::model::Owners;
use nta_core::track_video::TrackedVideo;
use nta_core::{FrameIndex, Spot, Track};

/// What became of a spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It belongs to a track of two spots or more.
    Tracked,
    /// So it does, but it would have been too faint to begin a track.
    Continued,
    /// It stood out, but no track holds it.
    Loose,
    /// It was too faint to begin a track, and continued none.
    Faint,
}

/// The spots of a film by what became of them.
pub(super) struct Census<'a> {
    pub video: &'a TrackedVideo,
    owners: Owners<'a>,
}

/// Mean numbers per frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub tracked: f64,
    pub continued: f64,
    pub loose: f64,
    pub faint: f64,
}

impl Counts {
    /// All spots but those that are too faint and in no track.
    pub fn seen(&self) -> f64 {
        self.tracked + self.continued + self.loose
    }
}

impl<'a> Census<'a> {
    pub fn of(video: &'a TrackedVideo) -> Self {
        Self {
            video,
            owners: Owners::of(&video.tracks),
        }
    }

    /// Place in the list of tracks of the one that holds the spot, if it has two spots or more.
    pub fn owner(&self, frame: FrameIndex, spot: &Spot) -> Option<usize> {
        let (track, _) = self.owners.holder(frame, spot)?;
        is_followed(&self.video.tracks[track]).then_some(track)
    }

    pub fn kind(&self, frame: FrameIndex, spot: &Spot) -> Kind {
        let strong = spot.snr >= self.video.start_snr;
        match (self.owner(frame, spot).is_some(), strong) {
            (true, true) => Kind::Tracked,
            (true, false) => Kind::Continued,
            (false, true) => Kind::Loose,
            (false, false) => Kind::Faint,
        }
    }

    /// The spots of a frame; none if the frame was left out.
    pub fn spots(&self, frame: FrameIndex) -> &'a [Spot] {
        let frames = &self.video.frames;
        let at = frames.partition_point(|f| f.frame < frame);
        let found = frames.get(at).filter(|f| f.frame == frame);
        found.map_or(&[], |f| &f.spots)
    }

    /// Numbers per kind in one frame.
    pub fn counts_in(&self, frame: FrameIndex) -> Counts {
        let mut counts = Counts::default();
        for spot in self.spots(frame) {
            *match self.kind(frame, spot) {
                Kind::Tracked => &mut counts.tracked,
                Kind::Continued => &mut counts.continued,
                Kind::Loose => &mut counts.loose,
                Kind::Faint => &mut counts.faint,
            } += 1.0;
        }
        counts
    }

    /// Mean numbers per kind over all frames.
    pub fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for frame in &self.video.frames {
            let counts = self.counts_in(frame.frame);
            sum.tracked += counts.tracked;
            sum.continued += counts.continued;
            sum.loose += counts.loose;
            sum.faint += counts.faint;
        }
        let n = self.video.frames.len().max(1) as f64;
        Counts {
            tracked: sum.tracked / n,
            continued: sum.continued / n,
            loose: sum.loose / n,
            faint: sum.faint / n,
        }
    }

    /// Tracks of two spots or more.
    pub fn followed(&self) -> impl Iterator<Item = &'a Track> {
        self.video.tracks.iter().filter(|t| is_followed(t))
    }
}

fn is_followed(track: &Track) -> bool {
    track.points().len() > 1
}

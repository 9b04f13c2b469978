//! Lines of a table, as a person counts them.

/// Counts lines on the way through a text. The reader of tables tells where a row begins only up to the empty lines before it.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line, from 1, of the first character from `byte` on that is no line end.
    pub(super) fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(b) = self.bytes.get(self.at)
            && (self.at < byte || matches!(b, b'\n' | b'\r'))
        {
            self.line += u64::from(*b == b'\n');
            self.at += 1;
        }
        self.line
    }
}

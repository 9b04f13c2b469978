//! Lines with their hashes: how they are written, and whether they hold.
//!
//! A line is JSON in one line whose last key is `hash`. Hashed is the line as it stands, with the key `hash` and the
//! comma before it cut out, so that no other program has to write JSON as this one does:
//!
//! `tail -n 1 audit.jsonl | tr -d '\n' | sed 's/,"hash":"[0-9a-f]*"}$/}/' | sha256sum`

use super::NO_HASH;
use super::entry::Entry;
use crate::fingerprint::sha256_of_bytes;

/// What stands before the hash at the end of a line, and after it.
const BEFORE_HASH: &[u8] = b",\"hash\":\"";
const AFTER_HASH: &[u8] = b"\"}";

/// One line of a trail, read.
#[derive(Clone, Debug)]
pub struct Link {
    /// What it says, if it can be read.
    pub entry: Option<Entry>,
    /// The hash that it states.
    pub hash: Option<String>,
    /// What is wrong with it.
    pub fault: Option<String>,
}

/// A trail, read.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Its lines.
    pub links: Vec<Link>,
}

impl Chain {
    /// Reads a trail; what is wrong with it stands at each line.
    pub fn read(text: &[u8]) -> Self {
        let mut links: Vec<Link> = Vec::new();
        let mut broken = false;
        let mut begin = 0;
        while begin < text.len() {
            let end = text[begin..].iter().position(|b| *b == b'\n');
            let line = &text[begin..end.map_or(text.len(), |n| begin + n)];
            let before = Place {
                number: links.len() as u64,
                hash: links.last().map_or(Some(NO_HASH), |l| l.hash.as_deref()),
                // What is carried on after a break is tied to all bytes before.
                bytes: broken.then(|| sha256_of_bytes(&text[..begin])),
            };
            let mut link = read_line(line, &before);
            if end.is_none() && link.fault.is_none() {
                link.fault = Some("the line does not end".into());
            }
            broken |= link.fault.is_some();
            links.push(link);
            begin = end.map_or(text.len(), |n| begin + n + 1);
        }
        Self { links }
    }

    /// The first thing that is wrong, with its line; nothing if the chain is sound.
    pub fn fault(&self) -> Option<String> {
        if self.links.is_empty() {
            return Some("it is empty".into());
        }
        self.links.iter().enumerate().find_map(|(i, link)| {
            let fault = link.fault.as_deref()?;
            Some(format!("line {}: {fault}", i + 1))
        })
    }

    /// The hash of the last line.
    pub fn head(&self) -> Option<&str> {
        self.links.last()?.hash.as_deref()
    }

    /// What the last line says.
    pub fn last(&self) -> Option<&Entry> {
        self.links.last()?.entry.as_ref()
    }
}

/// Where a line stands.
struct Place<'a> {
    number: u64,
    hash: Option<&'a str>,
    bytes: Option<String>,
}

/// The line of an entry, with its hash and its end.
pub(super) fn sealed(entry: &Entry) -> String {
    // Numbers that are not finite are written as null; all keys are strings: this cannot fail.
    let mut line = serde_json::to_string(entry).unwrap_or_default();
    let hash = sha256_of_bytes(line.as_bytes());
    line.pop();
    line + &format!(",\"hash\":\"{hash}\"}}\n")
}

/// The hash that a line states, and that it has.
fn hashes(line: &[u8]) -> Option<(String, String)> {
    let stated = line.strip_suffix(AFTER_HASH)?;
    let (rest, stated) = stated.split_at_checked(stated.len().checked_sub(NO_HASH.len())?)?;
    let rest = rest.strip_suffix(BEFORE_HASH)?;
    let stated = std::str::from_utf8(stated).ok()?;
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if !stated.bytes().all(is_digit) {
        return None;
    }
    let hashed = [rest, b"}"].concat();
    Some((stated.to_owned(), sha256_of_bytes(&hashed)))
}

fn read_line(line: &[u8], before: &Place<'_>) -> Link {
    let Some((stated, own)) = hashes(line) else {
        return Link {
            entry: None,
            hash: None,
            fault: Some("it does not end with a hash".into()),
        };
    };
    let read = serde_json::from_slice::<Entry>(line);
    let fault = match &read {
        _ if stated != own => Some("its hash is not that of its text".to_owned()),
        Err(e) => Some(format!("it cannot be read: {e}")),
        Ok(entry) if entry.entry != before.number => Some(format!(
            "it says that it is entry {}, and is entry {}",
            entry.entry, before.number
        )),
        Ok(entry) => {
            let fits = before.hash == Some(&entry.previous)
                || before.bytes.as_ref() == Some(&entry.previous);
            (!fits).then(|| "it does not follow the line before".to_owned())
        }
    };
    Link {
        entry: read.ok(),
        hash: Some(stated),
        fault,
    }
}

//! Records on disk: bytes under a key, for what takes longer to make than to read. Nothing depends on them but time.
//!
//! A record is one file in a folder, named after its key's [`Fingerprint`]. It holds the key, the bytes and a checksum of both, and a file of
//! which any of them is not what it should be (damaged, cut off, of another key or program) is no record. It is written under another
//! name, brought to the disk and renamed: any number of processes may read and write the same folder. The folder has a
//! size; where a new record makes it larger, the oldest go.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Fingerprint, written};
use crate::error::{Error, Result};

/// The first bytes of a record.
const MAGIC: &[u8; 16] = b"deeplimit record";
/// The ending of a record's name.
const ENDING: &str = "record";
/// What a folder holds at most, unless somebody says otherwise.
const MOST: u64 = 256 << 20;
/// What a process that was stopped has left is swept away after so long.
const STALE: Duration = Duration::from_secs(3600);

/// A folder of records.
///
/// ```
/// use deeplimit::store::Records;
/// # let dir = std::env::temp_dir().join(format!("deeplimit-records-doc-{}", std::process::id()));
/// let records = Records::within(&dir);
/// assert_eq!(records.read("one"), None);
/// records.keep("one", b"1").unwrap();
/// assert_eq!(records.read("one"), Some(b"1".to_vec()));
/// assert_eq!(records.read("two"), None);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    folder: PathBuf,
    most: u64,
}

impl Records {
    /// In a folder, which is made by the first record. It may be deleted at any time.
    pub fn within(folder: impl Into<PathBuf>) -> Self {
        Records {
            folder: folder.into(),
            most: MOST,
        }
    }

    /// Of so many bytes at most (256 MiB unless it is said).
    #[must_use]
    pub fn of_size(mut self, bytes: u64) -> Self {
        self.most = bytes;
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bytes that were kept under this key; `None` where there are none, or not what was written.
    pub fn read(&self, key: &str) -> Option<Vec<u8>> {
        let file = fs::read(self.path(key)).ok()?;
        let rest = file.strip_prefix(MAGIC)?;
        let (body, sum) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
        if sum != checksum(body) {
            return None;
        }
        let (size, body) = body.split_at_checked(8)?;
        let size = u64::from_le_bytes(size.try_into().ok()?);
        let (known, bytes) = body.split_at_checked(usize::try_from(size).ok()?)?;
        (known == key.as_bytes()).then(|| bytes.to_vec())
    }

    /// Keeps these bytes under the key, in the place of what was there.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be written.
    pub fn keep(&self, key: &str, bytes: &[u8]) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(|e| Error::file(&self.folder, "written", &e))?;
        let size = (key.len() as u64).to_le_bytes();
        let body = [&size, key.as_bytes(), bytes].concat();
        let path = self.path(key);
        written(&path, &[MAGIC, &body, &checksum(&body)], false)?;
        self.sweep(&path);
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        let mut name = Fingerprint::default();
        add(&mut name, key.as_bytes());
        self.folder.join(format!("{name}.{ENDING}"))
    }

    /// Deletes the oldest records where all are too large together, and what others have not finished. (What fails, another process
    /// has done.)
    fn sweep(&self, newest: &Path) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut records = Vec::new();
        for entry in entries.flatten() {
            let (path, Ok(about)) = (entry.path(), entry.metadata()) else {
                continue;
            };
            let time = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let ending = path.extension().and_then(|e| e.to_str());
            let old = time.elapsed().is_ok_and(|age| age > STALE);
            match ending {
                Some(ENDING) => records.push((time, about.len(), path)),
                Some("unfinished") if old => {
                    let _ = fs::remove_file(path);
                }
                _ => {}
            }
        }
        records.sort();
        let mut size: u64 = records.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in records {
            if size <= self.most {
                break;
            }
            if path != newest {
                let _ = fs::remove_file(path);
                size -= bytes;
            }
        }
    }
}

fn add(sum: &mut Fingerprint, bytes: &[u8]) {
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.add(u64::from_le_bytes(word));
    }
    sum.add(bytes.len() as u64);
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut sum = Fingerprint::default();
    add(&mut sum, bytes);
    sum.word().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("deeplimit-records-{name}-{}", std::process::id());
            Folder(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Every byte that is changed, and every byte that is missing at the end, makes it no record; and it is written anew.
    #[test]
    fn what_is_damaged_is_not_there() {
        let folder = Folder::new("damage");
        let records = Records::within(&folder.0);
        let bytes: Vec<u8> = (0..50).collect();
        records.keep("key", &bytes).unwrap();
        let path = records.path("key");
        let whole = fs::read(&path).unwrap();
        for n in 0..whole.len() {
            let mut changed = whole.clone();
            changed[n] ^= 4;
            fs::write(&path, changed).unwrap();
            assert_eq!(records.read("key"), None, "byte {n}");
            fs::write(&path, &whole[..n]).unwrap();
            assert_eq!(records.read("key"), None, "{n} bytes");
        }
        records.keep("key", &bytes).unwrap();
        assert_eq!(records.read("key"), Some(bytes));
    }

    /// A record of another key under this name (a file that was renamed, a collision) is not taken for it.
    #[test]
    fn a_key_is_compared_not_its_name() {
        let folder = Folder::new("keys");
        let records = Records::within(&folder.0);
        records.keep("one", b"1").unwrap();
        fs::rename(records.path("one"), records.path("two")).unwrap();
        assert_eq!(records.read("two"), None);
    }

    /// The folder stays below its size, the newest record stays, and what is not a record is left alone.
    #[test]
    fn a_folder_has_a_size() {
        let folder = Folder::new("size");
        let records = Records::within(&folder.0).of_size(5000);
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(folder.0.join("somebody.else"), [0; 9000]).unwrap();
        for n in 0..20 {
            records.keep(&n.to_string(), &[n; 1000]).unwrap();
            assert_eq!(records.read(&n.to_string()), Some(vec![n; 1000]));
        }
        let left = (0..20).filter(|n| records.read(&n.to_string()).is_some());
        assert_eq!(left.count(), 4);
        assert!(folder.0.join("somebody.else").exists());
        records.keep("large", &[1; 9000]).unwrap();
        assert!(records.read("large").is_some());
    }

    /// Two that write the same record at once leave one that is whole.
    #[test]
    fn many_at_once() {
        let folder = Folder::new("once");
        let records = Records::within(&folder.0);
        std::thread::scope(|scope| {
            for n in 0..4u8 {
                let records = &records;
                scope.spawn(move || {
                    for _ in 0..5 {
                        records.keep("same", &[n; 3000]).unwrap();
                        let found = records.read("same").unwrap();
                        assert!(found.len() == 3000 && found.iter().all(|x| *x == found[0]));
                    }
                });
            }
        });
        let files = fs::read_dir(&folder.0).unwrap().count();
        assert_eq!(files, 1);
    }
}

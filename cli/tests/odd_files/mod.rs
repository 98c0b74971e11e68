//! Small files that are malformed or unusual: each is read as it is meant, or refused by the right sentence. Never a panic,
//! never half a file, never in silence.

mod answers;
mod labels;
mod rows;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::files::numbers;
use crate::support::{Session, deeplimit};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-{name}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Folder(dir)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    /// Words that begin with @ are files here.
    fn run(&self, line: &str) -> Session {
        let words: Vec<String> = line
            .split(' ')
            .filter(|w| !w.is_empty())
            .map(|w| match w.strip_prefix('@') {
                Some(file) => self.0.join(file).display().to_string(),
                None => w.to_owned(),
            })
            .collect();
        deeplimit(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn refused(&self, line: &str, words: &str) {
        let before = self.list();
        let s = self.run(line);
        let said = format!("{line}\n{}{}", s.stdout, s.stderr);
        assert_eq!(s.code, Some(2), "{said}");
        assert!(s.stderr.contains(words), "not `{words}`: {said}");
        assert_eq!(s.stderr.lines().count(), 1, "{said}");
        assert!(
            s.stderr.starts_with("error") && s.stderr.len() < 600 && !s.stderr.contains("bug"),
            "{said}"
        );
        assert_eq!(s.stdout, "", "{said}");
        // nothing half-written
        assert_eq!(self.list(), before, "{said}");
    }

    fn answered(&self, line: &str) -> Json {
        let s = self.run(&format!("{line} --json"));
        assert_eq!(s.code, Some(0), "{line}\n{}", s.stderr);
        assert!(
            !s.stdout.contains("NaN") && !s.stdout.contains("nan,"),
            "{}",
            s.stdout
        );
        let json: Json = serde_json::from_str(&s.stdout).unwrap();
        json[0].clone()
    }

    fn list(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = names
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn npy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let words = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((words.len() as u16).to_le_bytes());
    bytes.extend(words.bytes());
    bytes.extend(data);
    bytes
}

fn doubles(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = text.encode_utf16();
    units
        .flat_map(|u| {
            if big {
                u.to_be_bytes()
            } else {
                u.to_le_bytes()
            }
        })
        .collect()
}

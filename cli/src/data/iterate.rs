//! Where conjugate gradients stand, in a file: a line of what it is of, sizes, and the doubles.

use std::fs;
use std::path::Path;

use deeplimit::classifier::Iterate;
use deeplimit::error::{Error, Result, Trouble};
use deeplimit::gram::Matrix;

use super::output::written;

const MAGIC: &str = "deeplimit iterate 1\n";

/// Keeps it, whole or not at all.
pub fn kept(path: &Path, words: &str, iterate: &Iterate) -> Result<()> {
    let (n, m) = (iterate.weights.rows, iterate.weights.columns);
    let mut bytes = format!("{MAGIC}{}\n", words.replace('\n', " ")).into_bytes();
    for size in [n, m, iterate.steps] {
        bytes.extend((size as u64).to_le_bytes());
    }
    let matrices = [&iterate.weights, &iterate.residual, &iterate.direction];
    let numbers = matrices
        .into_iter()
        .flat_map(|x| &x.values)
        .chain(&iterate.products);
    numbers.for_each(|x| bytes.extend(x.to_le_bytes()));
    written(path, bytes)
}

/// What an earlier attempt has left; `None` where there is nothing.
pub fn begun(path: &Path, words: &str) -> Result<Option<Iterate>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(|e| Error::file(path, "read", &e))?;
    let damaged = || Trouble::Damaged.at(path);
    let rest = bytes.strip_prefix(MAGIC.as_bytes()).ok_or_else(damaged)?;
    let end = rest.iter().position(|b| *b == b'\n').ok_or_else(damaged)?;
    let found = String::from_utf8_lossy(&rest[..end]).into_owned();
    let wanted = words.replace('\n', " ");
    if found != wanted {
        return Err(Trouble::SomethingElse { found, wanted }.at(path));
    }
    let (words, rest) = rest[end + 1..].as_chunks::<8>();
    if !rest.is_empty() || words.len() < 3 {
        return Err(damaged());
    }
    let (sizes, numbers) = words.split_at(3);
    let size = |k: usize| usize::try_from(u64::from_le_bytes(sizes[k])).map_err(|_| damaged());
    let (n, m, steps) = (size(0)?, size(1)?, size(2)?);
    let each = n
        .checked_mul(m)
        .filter(|each| *each > 0)
        .ok_or_else(damaged)?;
    let all = each.checked_mul(3).and_then(|x| x.checked_add(m));
    let numbers: Vec<f64> = numbers.iter().map(|b| f64::from_le_bytes(*b)).collect();
    if all != Some(numbers.len()) || !numbers.iter().all(|x| x.is_finite()) {
        return Err(damaged());
    }
    let matrix = |k: usize| Matrix::new(m, numbers[k * each..(k + 1) * each].to_vec());
    Ok(Some(Iterate {
        weights: matrix(0)?,
        residual: matrix(1)?,
        direction: matrix(2)?,
        products: numbers[3 * each..].to_vec(),
        steps,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_nothing_else_does() {
        let name = format!("deeplimit-iterate-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        assert!(begun(&path, "words").unwrap().is_none());
        let matrix = |x: f64| Matrix::new(2, vec![x, 0.1, -3e-300, 1.0 / 3.0]).unwrap();
        let iterate = Iterate {
            weights: matrix(1.0),
            residual: matrix(2.0),
            direction: matrix(3.0),
            products: vec![0.5, 1e-20],
            steps: 17,
        };
        kept(&path, "words", &iterate).unwrap();
        let found = begun(&path, "words").unwrap().unwrap();
        assert_eq!((found.steps, &found.products), (17, &iterate.products));
        assert_eq!(found.direction.values, iterate.direction.values);
        assert!(matches!(
            begun(&path, "others"),
            Err(Error::Store {
                trouble: Trouble::SomethingElse { .. },
                ..
            })
        ));
        let bytes = fs::read(&path).unwrap();
        for cut in [3, 40, bytes.len() - 8, bytes.len() - 3] {
            fs::write(&path, &bytes[..cut]).unwrap();
            assert!(
                matches!(begun(&path, "words"), Err(Error::Store { .. })),
                "{cut}"
            );
        }
        fs::remove_file(&path).unwrap();
    }
}

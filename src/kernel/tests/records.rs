//! Kernels on disk.

use std::path::PathBuf;

use super::*;
use crate::effort::Effort;
use crate::recursion::Network;
use crate::store::Records;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> (Folder, Records) {
    let name = format!("deeplimit-kernels-{name}-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    (Folder(path.clone()), Records::within(path))
}

fn network(text: &str, sigma: &str) -> Network {
    let settings = Settings {
        convention: Convention::Lee2019,
        sigma_w: Some(Expr::parse(sigma).unwrap()),
        sigma_b: Some(Expr::parse("1/10").unwrap()),
        ..Settings::default()
    };
    Network::with(&text.parse().unwrap(), settings)
}

/// What comes back is what was written, to the last bit, in every form that a kernel has; also where its tables end.
#[test]
fn a_kernel_that_is_read_is_the_one_that_was_written() {
    let unit = |text: &str| Network::of(&text.parse().unwrap());
    for (network, depth) in [
        (unit("relu"), Depth::Layers(3)),
        (unit("optimal(4)"), Depth::Infinite),
        (unit("optimal(4)"), Depth::Layers(3000)),
        (unit("x^2-1"), Depth::Layers(7)),
        (unit("exp(x/2)"), Depth::Infinite),
        (unit("gelu"), Depth::Infinite),
        (unit("sign"), Depth::Layers(2)),
        (network("erf", "3/2"), Depth::Layers(4)),
    ] {
        let made = network
            .kernel(depth, Kind::Ntk, &Effort::default())
            .unwrap();
        let read = Kernel::from_bytes(&made.to_bytes(), depth, Kind::Ntk).unwrap();
        let name = made.description();
        assert_eq!(name, read.description());
        for n in -400..=400 {
            let rho = f64::from(n) / 400.0;
            let t = 2f64.powi(-(n + 401) / 8);
            for (a, b) in [
                (made.at(rho), read.at(rho)),
                (made.at_gap(t), read.at_gap(t)),
                (made.logarithm_at_gap(t).1, read.logarithm_at_gap(t).1),
            ] {
                assert_eq!(a.to_bits(), b.to_bits(), "{name} {rho} {t}");
            }
        }
        let words = |k: &Kernel| {
            format!(
                "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {} {}",
                k.regime(),
                k.phase(),
                k.limit_form(),
                k.classifier(),
                k.parity(),
                k.length_exponent(),
                k.accuracy(),
                k.log_scale(),
                k.diagonal(),
                k.at(-1.0)
            )
        };
        assert_eq!(words(&made), words(&read));
    }
}

/// Kept once it is worth it; another network, depth or kind is another kernel; what is damaged is made anew; far beyond the tables the
/// layers are prepared when somebody asks.
#[test]
fn kept_kernels() {
    let (folder, records) = folder("kept");
    let of = |sigma: &str, depth: u64, kind: Kind| {
        network("elu", sigma)
            .kept_kernel(Depth::Layers(depth), kind, &Effort::default(), &records)
            .unwrap()
    };
    let files = || std::fs::read_dir(&folder.0).map_or(0, |f| f.count());
    let first = of("3/2", 2, Kind::Ntk);
    let bytes = first.to_bytes();
    // fast machines keep nothing: then it is put there
    let key = network("elu", "3/2").key(Depth::Layers(2), Kind::Ntk);
    records.keep(&key, &bytes).unwrap();
    let again = of("3/2", 2, Kind::Ntk);
    assert_eq!(bytes, again.to_bytes());
    assert_eq!(first.at_gap(1e-60).to_bits(), again.at_gap(1e-60).to_bits());
    let keys = [
        ("3/2", 2, Kind::Nngp),
        ("3/2", 3, Kind::Ntk),
        ("2", 2, Kind::Ntk),
    ];
    for (sigma, depth, kind) in keys {
        let other = network("elu", sigma).key(Depth::Layers(depth), kind);
        assert!(other != key && records.read(&other).is_none());
    }
    assert_ne!(
        network("elu(x)", "3/2").key(Depth::Layers(2), Kind::Ntk),
        network("elu(x,2)", "3/2").key(Depth::Layers(2), Kind::Ntk)
    );
    assert_eq!(files(), 1);
    // a record of the right key whose bytes are not those of a kernel
    for bad in [&bytes[..bytes.len() - 8], &bytes[8..], b"nothing"] {
        records.keep(&key, bad).unwrap();
        assert_eq!(of("3/2", 2, Kind::Ntk).to_bytes(), bytes);
    }
}

//! Files written here are read back; files that are broken on purpose are refused in a sentence.

use std::fs;
use std::io::BufWriter;
use std::path::PathBuf;

use super::standard::scale_pixels_to_norm_one;
use super::*;
use crate::error::Doubt;

/// A folder of its own for every test, empty.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("deeplimit-image-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T>, words: &[&str]) {
    let error = result.unwrap_err().to_string();
    for word in words {
        assert!(error.contains(word), "{error}");
    }
    assert!(
        !error.contains('\n') && !error.contains("os error"),
        "{error}"
    );
}

fn record(label: u8, pixel: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    let planes = (0..3).flat_map(|c| (0..1024).map(move |p| (c, p)));
    std::iter::once(label)
        .chain(planes.map(|(c, p)| pixel(c, p)))
        .collect()
}

#[test]
fn cifar_planes_become_pixels() {
    let home = folder("cifar");
    let mut bytes = record(3, |c, p| if p == 33 { 51 * c as u8 } else { 0 });
    bytes.extend(record(9, |_, _| 255));
    let path = file(&home, "batch.bin", &bytes);
    let images = open(&path, None).unwrap();
    assert_eq!((images.len(), images.shape()), (2, [32, 32, 3]));
    assert_eq!(images.labels(), [3, 9]);
    // Row 1, column 1
    assert_eq!(images.image(0)[99..102], [0.0, 0.2, 0.4]);
    assert_eq!(images.image(0).iter().filter(|v| **v != 0.0).count(), 2);
    assert!(images.image(1).iter().all(|v| *v == 1.0));
    assert_eq!(images.part(1, 1).unwrap().labels(), [9]);
    assert_refused(images.part(1, 2), &["1 to 3", "2"]);
    assert_refused(images.part(usize::MAX, 2), &["there are 2"]);

    let path = file(&home, "short.bin", &bytes[..6000]);
    assert_refused(cifar10(&path), &["short.bin", "6000 bytes", "3073"]);
    assert_refused(
        cifar10(&file(&home, "empty.bin", b"")),
        &["empty.bin", "0 bytes"],
    );
    bytes[3073] = 10;
    let path = file(&home, "label.bin", &bytes);
    assert_refused(
        cifar10(&path),
        &["label.bin", "record 1", "byte 3073", "10"],
    );
    assert_refused(
        cifar10(&home.join("none.bin")),
        &["none.bin", "no such file"],
    );
    assert_refused(open(&path, Some(&path)), &["labels inside"]);
}

#[test]
fn idx_images_and_labels() {
    let home = folder("idx");
    let head = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 5];
    let bytes = [0, 51, 102, 153, 204, 255, 0, 0, 0, 51];
    let images = file(&home, "images", &[&head[..], &bytes].concat());
    let labels = file(&home, "labels", &[0, 0, 8, 1, 0, 0, 0, 2, 7, 1]);
    let read = open(&images, Some(&labels)).unwrap();
    assert_eq!((read.shape(), read.labels()), ([1, 5, 1], &[7, 1][..]));
    assert_eq!((read.class(0), read.counts()[7]), (Some("7"), 1));
    assert_eq!(read.image(1), [1.0, 0.0, 0.0, 0.0, 0.2]);
    assert!(open(&images, None).unwrap().labels().is_empty());

    let three = file(&home, "three", &[0, 0, 8, 1, 0, 0, 0, 3, 7, 1, 1]);
    assert_refused(open(&images, Some(&three)), &["2 images", "3 labels"]);
    assert_refused(open(&labels, None), &["labels", "three"]);
    assert_refused(open(&images, Some(&images)), &["labels have one"]);
    let path = file(&home, "long", &[&head[..], &[1; 11]].concat());
    assert_refused(open(&path, None), &["long", "11 bytes", "2 x 1 x 5"]);
}

fn npy_bytes(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn header(kind: &str, sizes: &str) -> String {
    format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}\n")
}

#[test]
fn npy_stacks() {
    let home = folder("npy");
    let doubles = |all: &[f64]| -> Vec<u8> { all.iter().flat_map(|v| v.to_le_bytes()).collect() };
    // a third has more bits than single precision
    let numbers = doubles(&[
        1.0 / 3.0,
        -2.0,
        0.25,
        4.0,
        1e-200,
        1e200,
        0.0,
        0.0,
        0.0,
        7.0,
    ]);
    let path = file(
        &home,
        "a.npy",
        &npy_bytes(&header("<f8", "2, 1, 5"), &numbers),
    );
    let data: Vec<u8> = [3_i64, 200].iter().flat_map(|v| v.to_le_bytes()).collect();
    let beside = file(&home, "l.npy", &npy_bytes(&header("<i8", "2,"), &data));
    let images = open(&path, Some(&beside)).unwrap();
    assert_eq!(
        (images.shape(), images.labels()),
        ([1, 5, 1], &[3, 200][..])
    );
    assert_eq!(images.image(0), [1.0 / 3.0, -2.0, 0.25, 4.0, 1e-200]);
    // numbers that are no label of a byte are counted in their order
    let data: Vec<u8> = [3_i64, -1].iter().flat_map(|v| v.to_le_bytes()).collect();
    let beside = file(&home, "m.npy", &npy_bytes(&header("<i8", "2,"), &data));
    let images = open(&path, Some(&beside)).unwrap();
    assert_eq!(
        (images.labels(), images.class(1)),
        (&[1, 0][..], Some("-1"))
    );

    let bad = |name: &str, kind: &str, sizes: &str, data: &[u8], words: &[&str]| {
        let path = file(&home, name, &npy_bytes(&header(kind, sizes), data));
        assert_refused(open(&path, None), words);
    };
    bad("four.npy", "<f8", "10,", &numbers, &["four.npy", "1 sizes"]);
    let mut nan = numbers.clone();
    nan[72..].copy_from_slice(&f64::NAN.to_le_bytes());
    bad(
        "nan.npy",
        "<f8",
        "2, 1, 5",
        &nan,
        &["nan.npy", "[1, 0, 4] is NaN"],
    );
}

/// `a[n][c][i][j]` and `a[n][i][j][c]` are the same pictures, and which of them it is is not guessed.
#[test]
fn the_layout_is_seen_or_said() {
    let home = folder("layout");
    let sample = |n: usize, i: usize, j: usize, c: usize| (60 * n + 20 * c + 5 * i + j) as u8;
    let mut last = vec![];
    let mut first = vec![];
    for n in 0..2 {
        for i in 0..4 {
            for j in 0..5 {
                last.extend((0..3).map(|c| sample(n, i, j, c)));
            }
        }
        for c in 0..3 {
            for i in 0..4 {
                first.extend((0..5).map(|j| sample(n, i, j, c)));
            }
        }
    }
    let stack =
        |sizes: &str, data: &[u8]| file(&home, "x.npy", &npy_bytes(&header("|u1", sizes), data));
    let of = |layout| move |path: PathBuf| read(&path, None, layout).map(|r| r.images);
    let wanted = of(Some(Layout::Nhwc))(stack("2, 4, 5, 3", &last)).unwrap();
    assert_eq!(wanted.shape(), [4, 5, 3]);
    assert_eq!(wanted.image(1)[3], f64::from(sample(1, 0, 1, 0)) / 255.0);
    assert_eq!(
        of(Some(Layout::Nchw))(stack("2, 3, 4, 5", &first)).unwrap(),
        wanted
    );
    // 4 rows could be 4 channels
    assert_refused(of(None)(stack("2, 4, 5, 3", &last)), &["two ways"]);
    assert!(matches!(
        of(None)(stack("2, 3, 4, 5", &first)),
        Err(Error::Axes {
            doubt: Doubt::ChannelsFirst,
            ..
        })
    ));
    let bytes = vec![7; 7200];
    for (sizes, layout, shape) in [
        ("6, 20, 20, 3", None, [20, 20, 3]),
        ("6, 20, 15, 4", None, [20, 15, 4]),
        ("18, 20, 20, 1", None, [20, 20, 1]),
        ("18, 20, 20", None, [20, 20, 1]),
        ("6, 20, 20, 3", Some(Layout::Nchw), [20, 3, 20]),
        ("12, 5, 10, 12", Some(Layout::Nhwc), [5, 10, 12]),
        ("6, 400, 3", Some(Layout::Nhw), [400, 3, 1]),
    ] {
        assert_eq!(
            of(layout)(stack(sizes, &bytes)).unwrap().shape(),
            shape,
            "{sizes}"
        );
    }
    for (sizes, layout, words) in [
        ("6, 3, 20, 20", None, "n x channels x height x width"),
        ("18, 1, 20, 20", None, "n x channels x height x width"),
        ("12, 5, 10, 12", None, "12 channels"),
        ("6, 400, 3", None, "one picture"),
        ("6, 1200", None, "rows of numbers"),
        ("6, 3, 2, 10, 20", None, "5 sizes"),
        ("7200,", None, "1 sizes"),
        ("6, 400, 3", Some(Layout::Nchw), "3 sizes"),
        ("6, 20, 20, 3", Some(Layout::Nhw), "4 sizes"),
    ] {
        assert_refused(of(layout)(stack(sizes, &bytes)), &[words]);
    }
}

fn write_png(path: &Path, width: u32, height: u32, color: png::ColorType, data: &[u8]) {
    write_png_of(path, width, height, (color, png::BitDepth::Eight), data);
}

fn write_png_of(
    path: &Path,
    width: u32,
    height: u32,
    (color, depth): (png::ColorType, png::BitDepth),
    data: &[u8],
) {
    let file = BufWriter::new(fs::File::create(path).unwrap());
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
}

#[test]
fn folders_of_png() {
    use png::ColorType::{Grayscale, Rgb, Rgba};
    let home = folder("png");
    write_png(&home.join("b.png"), 2, 1, Rgb, &[255, 0, 51, 0, 102, 0]);
    write_png(&home.join("a.PNG"), 2, 1, Rgb, &[0; 6]);
    file(&home, "notes.txt", b"no picture");
    let images = open(&home, None).unwrap();
    assert_eq!((images.len(), images.shape()), (2, [1, 2, 3]));
    assert_eq!(images.image(1), [1.0, 0.0, 0.2, 0.0, 0.4, 0.0]);
    assert!(images.labels().is_empty());
    write_png(&home.join("c.png"), 1, 2, Rgb, &[0; 6]);
    assert_refused(
        open(&home, None),
        &["c.png", "2 x 1 x 3", "a.PNG", "1 x 2 x 3"],
    );
    write_png(&home.join("c.png"), 1, 1, Rgba, &[0; 4]);
    assert_refused(open(&home, None), &["c.png", "transparent"]);
    file(&home, "c.png", b"no png");
    assert_refused(open(&home, None), &["c.png"]);

    // sixteen bits are kept, and opaque alpha is none
    let home = folder("deep");
    let deep = [0, 1, 0xff, 0xff, 0x12, 0x34, 0xff, 0xff];
    let kind = (png::ColorType::GrayscaleAlpha, png::BitDepth::Sixteen);
    write_png_of(&home.join("a.png"), 2, 1, kind, &deep);
    write_png(&home.join("b.png"), 2, 1, Grayscale, &[255, 51]);
    let images = open(&home, None).unwrap();
    assert_eq!(
        images.image(0),
        [1.0 / 65535.0, f64::from(0x1234) / 65535.0]
    );
    assert_eq!(images.image(1), [1.0, 0.2]);
    assert_eq!(read(&home, None, None).unwrap().kind, "PNG, 8 and 16 bits");
    write_png_of(
        &home.join("a.png"),
        2,
        1,
        kind,
        &[0, 1, 0xff, 0xff, 0x12, 0x34, 0xff, 0xfe],
    );
    assert_refused(
        open(&home, None),
        &["a.png", "row 0, column 1", "transparent"],
    );

    // Folders are classes.
    let home = folder("classes");
    assert_refused(open(&home, None), &["no .png file"]);
    for (class, grey) in [("cat", 51), ("dog", 102)] {
        fs::create_dir(home.join(class)).unwrap();
        write_png(&home.join(class).join("1.png"), 1, 1, Grayscale, &[grey]);
    }
    let images = open(&home, None).unwrap();
    assert_eq!((images.labels(), images.shape()), (&[0, 1][..], [1, 1, 1]));
    assert_eq!(images.image(1), [0.4]);
    assert_eq!(images.classes(), ["cat", "dog"]);
}

#[test]
fn preprocessing_does_what_it_is_named_for() {
    let pixels: Vec<f64> = (0..40 * 12)
        .map(|n| f64::from((n * n + 3) % 101) / 50.0)
        .collect();
    let original = Images::new([2, 2, 3], pixels, vec![]).unwrap();
    let mut images = original.clone();
    Standardisation::of(&images)
        .unwrap()
        .apply(&mut images)
        .unwrap();
    let after = Standardisation::of(&images).unwrap();
    // 160 sums of rounded doubles
    assert!(after.mean.iter().all(|m| m.abs() < 1e-13));
    assert!(after.deviation.iter().all(|d| (d - 1.0).abs() < 1e-13));

    let mut images = original.clone();
    images.pixels[..3].fill(0.0);
    scale_pixels_to_norm_one(&mut images);
    assert_eq!(images.image(0)[..3], [0.0; 3]);
    for pixel in images.image(1).chunks(3) {
        let norm: f64 = pixel.iter().map(|v| v * v).sum();
        assert!((norm - 1.0).abs() < 1e-15);
    }

    let mut images = original.clone();
    Zca::of(&images, 1e-6).unwrap().apply(&mut images).unwrap();
    // The covariance of what is white is the identity, up to epsilon over an eigenvalue.
    for i in 0..12 {
        for j in 0..12 {
            let c: f64 = (0..40)
                .map(|n| images.image(n)[i] * images.image(n)[j])
                .sum::<f64>()
                / 40.0;
            let wanted = if i == j { 1.0 } else { 0.0 };
            assert!((c - wanted).abs() < 1e-3, "{i} {j} {c}");
        }
    }

    let constant = Images::new([1, 2, 1], vec![0.3; 8], vec![]).unwrap();
    assert_refused(Standardisation::of(&constant), &["channel 0", "constant"]);
    assert_refused(Zca::of(&original, 0.0), &["epsilon"]);
    let grey = Images::new([1, 2, 1], vec![0.0, 1.0], vec![]).unwrap();
    let of_grey = Standardisation::of(&grey).unwrap();
    assert_refused(of_grey.apply(&mut original.clone()), &["3 channels"]);
    assert_refused(
        Zca::of(&grey, 0.1).unwrap().apply(&mut original.clone()),
        &["12 numbers"],
    );
}

#[test]
fn real_data_where_it_is() {
    let data = std::env::var_os("DEEPLIMIT_DATA").map(PathBuf::from);
    let data = data.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let mnist = data.join("mnist");
    if !mnist.is_dir() {
        eprintln!(
            "skipped: no data in {} (set DEEPLIMIT_DATA)",
            data.display()
        );
        return;
    }
    let batch = cifar10(&data.join("cifar-10-batches-bin/test_batch.bin")).unwrap();
    assert_eq!((batch.len(), batch.shape()), (10_000, [32, 32, 3]));
    // A thousand of each class.
    for class in 0..10 {
        assert_eq!(batch.labels().iter().filter(|l| **l == class).count(), 1000);
    }
    let images = open(
        &mnist.join("t10k-images-idx3-ubyte"),
        Some(&mnist.join("t10k-labels-idx1-ubyte")),
    )
    .unwrap();
    assert_eq!((images.len(), images.shape()), (10_000, [28, 28, 1]));
    assert_eq!(images.labels()[..5], [7, 2, 1, 0, 4]);
}

/// Means of pairs of pictures are compared first; none that a comparison pixel by pixel finds is missed.
#[test]
fn repeats_are_those_that_every_pair_shows() {
    let mut state = 7_u64;
    let mut next = |of: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % of
    };
    for scale in [1e-200, 1.0, 1e200] {
        // few grey levels on four pixels: many coincide, many nearly
        let levels = |count: usize, next: &mut dyn FnMut(u64) -> u64| -> Vec<f64> {
            let one = |_| scale * ((120 * next(3)) as f64 + 0.6 * next(3) as f64) / 255.0;
            (0..4 * count).map(one).collect()
        };
        let train = Images::new([2, 2, 1], levels(60, &mut next), vec![]).unwrap();
        let test = Images::new([2, 2, 1], levels(50, &mut next), vec![]).unwrap();
        let all = (0..60).flat_map(|n| train.image(n));
        let (low, high) = all.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        let (mut equal, mut near) = (0, 0);
        for n in 0..50 {
            let apart = |k: usize| {
                let pairs = test.image(n).iter().zip(train.image(k));
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            };
            let least = (0..60).map(apart).fold(f64::INFINITY, f64::min);
            equal += usize::from(least == 0.0);
            near += usize::from(least > 0.0 && least <= (high - low) / 127.0);
        }
        let found = repeats(&train, &test);
        assert_eq!((found.equal, found.near), (equal, near), "{scale}");
        assert!(equal + near > 5 && equal + near < 45, "{equal} {near}");
    }
    let one = Images::new([1, 1, 1], vec![0.5; 3], vec![]).unwrap();
    assert_eq!(repeats(&one, &one).equal, 3);
}

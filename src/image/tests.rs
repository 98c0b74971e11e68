//! Files written here are read back; files that are broken on purpose are refused in a sentence.

use std::fs;
use std::io::BufWriter;
use std::path::PathBuf;

use super::standard::scale_pixels_to_norm_one;
use super::*;

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
    let head = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3];
    let images = file(
        &home,
        "images",
        &[&head[..], &[0, 51, 102, 153, 204, 255]].concat(),
    );
    let labels = file(&home, "labels", &[0, 0, 8, 1, 0, 0, 0, 2, 7, 1]);
    let read = open(&images, Some(&labels)).unwrap();
    assert_eq!((read.shape(), read.labels()), ([1, 3, 1], &[7, 1][..]));
    assert_eq!(read.image(1), [0.6, 0.8, 1.0]);
    assert!(idx(&images, None).unwrap().labels().is_empty());

    let three = file(&home, "three", &[0, 0, 8, 1, 0, 0, 0, 3, 7, 1, 1]);
    assert_refused(idx(&images, Some(&three)), &["2 images", "3 labels"]);
    assert_refused(idx(&labels, None), &["labels", "three or four"]);
    assert_refused(idx(&images, Some(&images)), &["labels have one"]);
    let path = file(&home, "long", &[&head[..], &[1; 7]].concat());
    assert_refused(idx(&path, None), &["long", "7 bytes", "2 x 1 x 3"]);
    assert_refused(
        idx(&file(&home, "header", &head[..9]), None),
        &["header", "byte 9"],
    );
    assert_refused(
        idx(&file(&home, "float", &[0, 0, 13, 1, 0]), None),
        &["0x0d"],
    );
    assert_refused(idx(&file(&home, "text", b"hello"), None), &["no idx file"]);
    // Sizes whose product is beyond any machine.
    let huge = [&[0, 0, 8, 3][..], &[255; 12]].concat();
    assert_refused(idx(&file(&home, "huge", &huge), None), &["huge", "0 bytes"]);
}

fn npy_bytes(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn npy_stacks() {
    let home = folder("npy");
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1, 2), }          \n";
    let numbers: Vec<u8> = [1.5_f64, -2.0, 0.25, 4.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let path = file(&home, "a.npy", &npy_bytes(header, &numbers));
    let labels = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n";
    let data: Vec<u8> = [3_i64, 200].iter().flat_map(|v| v.to_le_bytes()).collect();
    let beside = file(&home, "l.npy", &npy_bytes(labels, &data));
    let images = open(&path, Some(&beside)).unwrap();
    assert_eq!(
        (images.shape(), images.labels()),
        ([1, 2, 1], &[3, 200][..])
    );
    assert_eq!(images.image(1), [0.25, 4.0]);
    let bytes = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 3), }";
    let path = file(&home, "u.npy", &npy_bytes(bytes, &[0, 51, 255]));
    assert_eq!(npy(&path, None).unwrap().image(0), [0.0, 0.2, 1.0]);

    let bad = |name: &str, header: &str, data: &[u8], words: &[&str]| {
        let path = file(&home, name, &npy_bytes(header, data));
        assert_refused(npy(&path, None), words);
    };
    bad(
        "short.npy",
        header,
        &numbers[..31],
        &["short.npy", "31 bytes"],
    );
    bad(
        "f.npy",
        &header.replace("False", "Perhaps"),
        &numbers,
        &["the header is not"],
    );
    bad(
        "kind.npy",
        &header.replace("<f8", ">f8"),
        &numbers,
        &[">f8"],
    );
    bad("odd.npy", &header.replace("<f8", "é"), &numbers, &["numpy"]);
    bad("none.npy", &header.replace("<f8", ""), &numbers, &["numpy"]);
    bad(
        "shape.npy",
        &header.replace("2, 1, 2", "2, x"),
        &numbers,
        &["numpy"],
    );
    bad(
        "four.npy",
        &header.replace("2, 1, 2", "4"),
        &numbers,
        &["1 sizes"],
    );
    bad("empty.npy", "", b"", &["empty.npy"]);
    let nan: Vec<u8> = [0.0, 1.0, 2.0, f64::NAN]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    bad(
        "nan.npy",
        header,
        &nan,
        &["nan.npy", "image 1, row 0, column 1", "NaN"],
    );
    let cut = file(&home, "cut.npy", &npy_bytes(header, b"")[..40]);
    assert_refused(npy(&cut, None), &["cut.npy", "header"]);
    assert_refused(npy(&file(&home, "x.npy", b"x"), None), &["no .npy file"]);
    let data: Vec<u8> = [3_i64, -1].iter().flat_map(|v| v.to_le_bytes()).collect();
    let beside = file(&home, "m.npy", &npy_bytes(labels, &data));
    assert_refused(
        npy(&home.join("a.npy"), Some(&beside)),
        &["m.npy", "entry 1", "-1"],
    );
}

fn write_png(path: &Path, width: u32, height: u32, color: png::ColorType, data: &[u8]) {
    let file = BufWriter::new(fs::File::create(path).unwrap());
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(color);
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
    // 160 numbers of the order of 1 are added up
    assert!(after.mean.iter().all(|m| m.abs() < 1e-13));
    assert!(after.deviation.iter().all(|d| (d - 1.0).abs() < 1e-13));

    let mut images = original.clone();
    images.pixels_mut()[..3].fill(0.0);
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
    let images = idx(
        &mnist.join("t10k-images-idx3-ubyte"),
        Some(&mnist.join("t10k-labels-idx1-ubyte")),
    )
    .unwrap();
    assert_eq!((images.len(), images.shape()), (10_000, [28, 28, 1]));
    assert_eq!(images.labels()[..5], [7, 2, 1, 0, 4]);
}

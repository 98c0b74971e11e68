//! Unusual and broken files of pictures and arrays, written here byte by byte: each is read as meant or refused in one
//! sentence. That two files are the same pictures is seen from the kernels that are kept of them, bit by bit.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::files::{adam7, gzip, idx, npy, png};
use crate::support::{Session, assert_bad, deeplimit, on_one_line};

const TRAIN: usize = 12;
const TEST: usize = 9;
/// Pictures of 6 x 6.
const SIDE: usize = 6;
const SIZE: usize = SIDE * SIDE;

/// A picture of one of three classes: bright on the left, above, or on the diagonal, and noise below 64.
fn picture(n: usize) -> Vec<u8> {
    let mut state = 77 + n as u64;
    let mut noise = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 58) as u8
    };
    let pixel = |p: usize| {
        let (i, j) = (p / SIDE, p % SIDE);
        let bright = match n % 3 {
            0 => j < 3,
            1 => i < 3,
            _ => i == j,
        };
        noise() + if bright { 150 } else { 0 }
    };
    (0..SIZE).map(pixel).collect()
}

/// Training pictures, then test pictures.
fn pictures() -> [Vec<Vec<u8>>; 2] {
    [
        (0..TRAIN).map(picture).collect(),
        (TRAIN..TRAIN + TEST).map(picture).collect(),
    ]
}

fn classes(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n % 3) as u8).collect()
}

struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Home {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pictures-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Home(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    /// Two sets written by `file(bytes of the pictures, their count)`, with labels.
    fn sets(&self, name: &str, file: impl Fn(&[Vec<u8>]) -> Vec<u8>) -> Sets {
        let [train, test] = pictures();
        Sets {
            train: self.write(&format!("{name}-train"), &file(&train)),
            test: self.write(&format!("{name}-test"), &file(&test)),
            labels: Some(
                [TRAIN, TEST].map(|n| self.write(&format!("y{n}"), &idx(8, &[n], &classes(n)))),
            ),
        }
    }

    /// Two folders, each picture of which `file(pixels)` writes; a folder for each class if there are names.
    fn folders(
        &self,
        name: &str,
        names: Option<[&str; 3]>,
        file: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Sets {
        let paths = ["train", "test"].map(|s| format!("{name}/{s}"));
        for (path, set) in paths.iter().zip(pictures()) {
            for (n, pixels) in set.iter().enumerate() {
                // in the order of the pictures, and with classes in that of the classes
                let within = names.map_or(String::new(), |names| format!("{}/", names[n % 3]));
                self.write(&format!("{path}/{within}{n:03}.png"), &file(pixels));
            }
        }
        Sets {
            train: self.path(&paths[0]),
            test: self.path(&paths[1]),
            labels: names.is_none().then(|| {
                [TRAIN, TEST].map(|n| self.write(&format!("y{n}"), &idx(8, &[n], &classes(n))))
            }),
        }
    }

    /// The kernels that are kept of these sets, and the answer.
    fn kernels(&self, sets: &Sets, more: &[&str]) -> (Vec<u8>, Json, Session) {
        let out = self.path("kernels");
        let _ = fs::remove_dir_all(&out);
        let session = sets.run(&[more, &["--out", &out, "--json"]].concat());
        assert_eq!(session.code, Some(0), "{}", session.stderr);
        let tiles = ["train", "test"].map(|s| fs::read(format!("{out}/{s}/c/0/0/0")).unwrap());
        let all: Json = serde_json::from_str(&session.stdout).unwrap();
        (tiles.concat(), all[0].clone(), session)
    }
}

#[derive(Clone)]
struct Sets {
    train: String,
    test: String,
    labels: Option<[String; 2]>,
}

impl Sets {
    fn run(&self, more: &[&str]) -> Session {
        let mut line = vec!["cntk", "--layers", "2", "--readout", "gap"];
        line.extend(["--train", &self.train, "--test", &self.test]);
        if let Some([train, test]) = &self.labels {
            line.extend(["--train-labels", train, "--test-labels", test]);
        }
        line.extend(more);
        deeplimit(&line)
    }
}

fn grey(set: &[Vec<u8>]) -> Vec<u8> {
    npy("|u1", false, &[set.len(), SIDE, SIDE], &set.concat())
}

/// The same grey pictures in every container.
#[test]
fn the_same_pictures_in_every_container() {
    let home = Home::new("containers");
    let plain = home.sets("plain", |set| {
        idx(8, &[set.len(), SIDE, SIDE], &set.concat())
    });
    let (wanted, answer, _) = home.kernels(&plain, &[]);
    let read = &answer["read"];
    assert_eq!(answer["all"]["accuracy"], 1.0, "{answer}");
    for (key, value) in [
        ("count", TRAIN),
        ("of", TRAIN),
        ("height", 6),
        ("width", 6),
        ("channels", 1),
    ] {
        assert_eq!(read["train"][key], value, "{read}");
    }
    assert_eq!(read["train"]["kind"], "idx, uint8 over 255");
    assert_eq!(read["train"]["classes"][2]["count"], TRAIN / 3);
    assert_eq!(read["test"]["count"], TEST);
    assert_eq!(read["repeats"]["equal"], 0);

    let same = |name: &str, sets: &Sets, more: &[&str], kind: &str| {
        let (kernels, answer, _) = home.kernels(sets, more);
        assert!(kernels == wanted, "{name} differs");
        assert_eq!(answer["read"]["train"]["kind"], kind, "{name}");
        assert_eq!(answer["all"]["accuracy"], 1.0, "{name}");
    };
    let packed = home.sets("images.gz", |set| {
        gzip(&idx(8, &[set.len(), SIDE, SIDE], &set.concat()))
    });
    same("gzip", &packed, &[], "idx, uint8 over 255");
    let bytes = ".npy, uint8 over 255";
    same("npy", &home.sets("npy", grey), &[], bytes);
    let fortran = |set: &[Vec<u8>]| {
        let mut data = vec![];
        for p in (0..SIDE).flat_map(|j| (0..SIDE).map(move |i| i * SIDE + j)) {
            data.extend(set.iter().map(|picture| picture[p]));
        }
        npy("|u1", true, &[set.len(), SIDE, SIDE], &data)
    };
    same("Fortran", &home.sets("fortran", fortran), &[], bytes);
    let last = home.sets("last", |set| {
        npy("|u1", false, &[set.len(), SIDE, SIDE, 1], &set.concat())
    });
    same("channels last", &last, &[], bytes);
    let first = home.sets("first", |set| {
        npy("|u1", false, &[set.len(), 1, SIDE, SIDE], &set.concat())
    });
    same("channels first", &first, &["--layout", "nchw"], bytes);
    assert_bad("channels first", &first.run(&[]));
    type Order = fn(f64) -> [u8; 8];
    let orders: [(&str, Order); 2] = [("<f8", f64::to_le_bytes), (">f8", f64::to_be_bytes)];
    for (name, order) in orders {
        let floats = |set: &[Vec<u8>]| {
            let data = set
                .concat()
                .into_iter()
                .flat_map(|b| order(f64::from(b) / 255.0));
            npy(
                name,
                false,
                &[set.len(), SIDE, SIDE],
                &data.collect::<Vec<_>>(),
            )
        };
        same(name, &home.sets("f8", floats), &[], ".npy, float64");
    }

    let six = SIDE as u32;
    let each = |f: fn(u8) -> Vec<u8>| {
        move |pixels: &[u8]| pixels.iter().flat_map(|p| f(*p)).collect::<Vec<_>>()
    };
    let names = Some(["bird", "cat", "dog"]);
    // rows of classes come one after the other in a folder of folders, so that the kernels are permuted: accuracy alone
    let classes = home.folders("classes", names, |p| png(six, six, 0, 8, &[], p));
    let (_, answer, session) = home.kernels(&classes, &[]);
    assert_eq!(answer["all"]["accuracy"], 1.0);
    assert_eq!(answer["read"]["test"]["classes"][1]["name"], "cat");
    assert!(
        session.stderr.contains("bird (4), cat (4), dog (4)"),
        "{}",
        session.stderr
    );
    let folder = |name: &str, file: &dyn Fn(&[u8]) -> Vec<u8>, kind: &str| {
        same(name, &home.folders(name, None, file), &[], kind);
    };
    folder("grey", &|p| png(six, six, 0, 8, &[], p), "PNG, 8 bits");
    folder("interlaced", &|p| adam7(six, six, p), "PNG, 8 bits");
    let alpha = each(|p| vec![p, 255]);
    folder(
        "alpha",
        &|p| png(six, six, 4, 8, &[], &alpha(p)),
        "PNG, 8 bits",
    );
    // p/255 = 257 p/65535
    let deep = each(|p| vec![p, p]);
    folder(
        "deep",
        &|p| png(six, six, 0, 16, &[], &deep(p)),
        "PNG, 16 bits",
    );

    // colours: in an array, as RGB, as opaque RGBA, by a palette
    let colour = |p: u8| vec![p, p / 2, 255 - p];
    let colours = |set: &[Vec<u8>]| {
        let data: Vec<u8> = set.concat().into_iter().flat_map(colour).collect();
        npy("|u1", false, &[set.len(), SIDE, SIDE, 3], &data)
    };
    let (wanted, ..) = home.kernels(&home.sets("colours", colours), &[]);
    let palette: Vec<u8> = (0..=255).flat_map(colour).collect();
    let opaque = |p: &[u8]| {
        p.iter()
            .flat_map(|p| [&colour(*p)[..], &[255]].concat())
            .collect::<Vec<_>>()
    };
    let colourful = |p: &[u8]| p.iter().flat_map(|p| colour(*p)).collect::<Vec<_>>();
    type File<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;
    let files: [(&str, File); 4] = [
        ("rgb", &|p| png(six, six, 2, 8, &[], &colourful(p))),
        ("rgba", &|p| png(six, six, 6, 8, &[], &opaque(p))),
        ("palette", &|p| {
            png(six, six, 3, 8, &[(*b"PLTE", &palette)], p)
        }),
        ("opaque palette", &|p| {
            png(
                six,
                six,
                3,
                8,
                &[(*b"PLTE", &palette), (*b"tRNS", &[255; 256])],
                p,
            )
        }),
    ];
    for (name, file) in files {
        let (kernels, answer, _) = home.kernels(&home.folders(name, None, file), &[]);
        assert!(kernels == wanted, "{name} differs");
        assert_eq!(answer["read"]["train"]["channels"], 3, "{name}");
    }
}

/// Whole numbers of every type are the same pictures; halves and doubles too.
#[test]
fn the_same_numbers_of_every_type() {
    let home = Home::new("types");
    type Write = fn(i8) -> Vec<u8>;
    let types: [(&str, Write); 12] = [
        ("<f8", |x| f64::from(x).to_le_bytes().to_vec()),
        (">f4", |x| f32::from(x).to_be_bytes().to_vec()),
        // binary16 of 0, 1, 2, 3
        ("<f2", |x| {
            [0_u16, 0x3c00, 0x4000, 0x4200][x as usize]
                .to_le_bytes()
                .to_vec()
        }),
        ("|i1", |x| x.to_le_bytes().to_vec()),
        ("<i2", |x| i16::from(x).to_le_bytes().to_vec()),
        (">i2", |x| i16::from(x).to_be_bytes().to_vec()),
        ("<i4", |x| i32::from(x).to_le_bytes().to_vec()),
        (">i8", |x| i64::from(x).to_be_bytes().to_vec()),
        ("<u2", |x| (x as u16).to_le_bytes().to_vec()),
        (">u2", |x| (x as u16).to_be_bytes().to_vec()),
        ("<u4", |x| (x as u32).to_le_bytes().to_vec()),
        ("<u8", |x| (x as u64).to_le_bytes().to_vec()),
    ];
    let mut wanted = None;
    for (name, write) in types {
        let sets = home.sets("x", |set| {
            let data = set.concat().into_iter().flat_map(|b| write((b / 64) as i8));
            npy(
                name,
                false,
                &[set.len(), SIDE, SIDE],
                &data.collect::<Vec<_>>(),
            )
        });
        let (kernels, ..) = home.kernels(&sets, &[]);
        assert!(
            *wanted.get_or_insert(kernels.clone()) == kernels,
            "{name} differs"
        );
        // the reader of rows is the same
        let rows = home.write("rows", &{
            let data = (0..6).flat_map(|x| write(x % 4));
            npy(name, false, &[2, 3], &data.collect::<Vec<_>>())
        });
        let out = home.path("K.npy");
        let line = [
            "gram",
            "--data",
            &rows,
            "--activation",
            "relu",
            "--depth",
            "2",
            "--lengths",
            "keep",
        ];
        let session = deeplimit(&[&line[..], &["--force", "--out", &out]].concat());
        assert_eq!(session.code, Some(0), "{name}: {}", session.stderr);
        let csv = home.write("rows.csv", b"0,1,2\n3,0,1\n");
        let other = home.path("L.npy");
        let session = deeplimit(
            &[
                &["gram", "--data", &csv][..],
                &line[3..],
                &["--header", "no", "--force", "--out", &other],
            ]
            .concat(),
        );
        assert_eq!(session.code, Some(0), "{}", session.stderr);
        assert_eq!(fs::read(out).unwrap(), fs::read(other).unwrap(), "{name}");
    }
    // black and white noise, as bool and as PNG of one bit
    let bit = |b: u8| (b / 32) % 2;
    let bools = home.sets("b", |set| {
        let data: Vec<u8> = set.concat().into_iter().map(bit).collect();
        npy("|b1", false, &[set.len(), SIDE, SIDE], &data)
    });
    let (wanted, ..) = home.kernels(&bools, &[]);
    let bits = |pixels: &[u8]| -> Vec<u8> {
        let row = |row: &[u8]| {
            row.iter()
                .enumerate()
                .map(|(j, p)| bit(*p) << (7 - j))
                .sum()
        };
        pixels.chunks(SIDE).map(row).collect()
    };
    let folder = home.folders("bits", None, |p| {
        png(SIDE as u32, SIDE as u32, 0, 1, &[], &bits(p))
    });
    assert!(home.kernels(&folder, &[]).0 == wanted);
}

/// A picture whose samples differ in their last bits alone is another one: 16 bits in PNG and 64 of a double are kept.
#[test]
fn no_bit_is_lost_in_silence() {
    let home = Home::new("bits");
    let sixteen = |low: u8| {
        move |pixels: &[u8]| {
            let data: Vec<u8> = pixels.iter().flat_map(|p| [*p, p ^ low]).collect();
            png(SIDE as u32, SIDE as u32, 0, 16, &[], &data)
        }
    };
    let deep = home.folders("deep", None, sixteen(0));
    let other = home.folders("other", None, sixteen(1));
    let mixed = Sets {
        test: other.train,
        labels: deep.labels.clone().map(|[y, _]| [y.clone(), y]),
        ..deep
    };
    let (_, answer, _) = home.kernels(&mixed, &[]);
    assert_eq!(answer["read"]["repeats"]["equal"], 0);
    assert_eq!(answer["read"]["repeats"]["near"], TRAIN);

    let doubles = |step: f64| {
        move |set: &[Vec<u8>]| {
            let data = set
                .concat()
                .into_iter()
                .flat_map(|b| (f64::from(b) * (1.0 + step)).to_le_bytes());
            npy(
                "<f8",
                false,
                &[set.len(), SIDE, SIDE],
                &data.collect::<Vec<_>>(),
            )
        }
    };
    // less than single precision shows
    let (plain, more) = (
        home.sets("plain", doubles(0.0)),
        home.sets("more", doubles(1e-12)),
    );
    let mixed = Sets {
        test: more.train,
        labels: plain.labels.clone().map(|[y, _]| [y.clone(), y]),
        ..plain
    };
    let (_, answer, _) = home.kernels(&mixed, &[]);
    // pixels that are 0 everywhere would be equal; none of the pictures is black
    assert_eq!(answer["read"]["repeats"]["equal"], 0);
    assert_eq!(answer["read"]["repeats"]["near"], TRAIN);
}

#[test]
fn classes_are_matched_by_their_names() {
    let home = Home::new("names");
    let six = SIDE as u32;
    let set = |name: &str, from: usize, list: &[&str]| {
        for n in from..from + 12 {
            let class = ["cat", "dog", "fish"][n % 3];
            if list.contains(&class) {
                home.write(
                    &format!("{name}/{class}/{n}.png"),
                    &png(six, six, 0, 8, &[], &picture(n)),
                );
            }
        }
        home.path(name)
    };
    let train = set("train", 0, &["cat", "dog", "fish"]);
    let test = set("test", 12, &["dog", "fish"]);
    // what systems leave behind is no class and no picture
    for name in [
        ".DS_Store",
        "__MACOSX/._1.png",
        ".hidden/1.png",
        "Thumbs.db",
        "dog/.2.png",
        "fish/desktop.ini",
    ] {
        home.write(&format!("test/{name}"), b"litter");
    }
    let sets = |train: &str, test: &str| Sets {
        train: train.to_owned(),
        test: test.to_owned(),
        labels: None,
    };
    let (_, answer, session) = home.kernels(&sets(&train, &test), &[]);
    assert_eq!(answer["all"]["accuracy"], 1.0, "{answer}");
    assert_eq!(answer["read"]["test"]["classes"][0]["name"], "dog");
    assert_eq!(
        answer["read"]["notes"].as_array().unwrap().len(),
        0,
        "{answer}"
    );
    assert!(
        !session.stderr.contains("passed over"),
        "{}",
        session.stderr
    );
    // a file that is not a picture is named
    home.write("test/dog/notes.txt", b"mine");
    let session = sets(&train, &test).run(&[]);
    assert!(
        session
            .stderr
            .contains("dog/notes.txt is no picture and is passed over"),
        "{}",
        session.stderr
    );
    assert!(
        session.stderr.contains("8 test images of 6 x 6 x 1"),
        "{}",
        session.stderr
    );

    let refused = |train: &str, test: &str, words: &str| {
        let session = sets(train, test).run(&[]);
        assert_bad(words, &session);
        assert!(session.stderr.contains(words), "{}", session.stderr);
    };
    refused(
        &test,
        &train,
        "the class `cat` of 4 test images is not among those of the training images (dog, fish)",
    );
    home.write("case/Dog/1.png", &png(six, six, 0, 8, &[], &picture(1)));
    refused(&train, &home.path("case"), "the class `Dog`");
    // one class is nothing to learn
    home.write("one/cat/1.png", &png(six, six, 0, 8, &[], &picture(0)));
    home.write("one/cat/2.png", &png(six, six, 0, 8, &[], &picture(3)));
    refused(
        &home.path("one"),
        &home.path("one"),
        "nothing to tell apart",
    );
    // labels are matched by their numbers: 1 and 2 in the test set are not the first and second class
    let numbers = |name: &str, from: usize, keep: &[usize]| {
        let all: Vec<usize> = (from..from + 12)
            .filter(|n| keep.contains(&(n % 3)))
            .collect();
        let data: Vec<u8> = all.iter().flat_map(|n| picture(*n)).collect();
        let labels: Vec<u8> = all.iter().map(|n| (n % 3) as u8).collect();
        [
            home.write(name, &idx(8, &[all.len(), SIDE, SIDE], &data)),
            home.write(&format!("{name}-y"), &idx(8, &[all.len()], &labels)),
        ]
    };
    let [x, y] = numbers("all", 0, &[0, 1, 2]);
    let [some, of] = numbers("some", 12, &[1, 2]);
    let sets = Sets {
        train: x.clone(),
        test: some.clone(),
        labels: Some([y.clone(), of.clone()]),
    };
    let (_, answer, _) = home.kernels(&sets, &[]);
    assert_eq!(answer["all"]["accuracy"], 1.0);
    let turned = Sets {
        train: some,
        test: x,
        labels: Some([of, y]),
    };
    let session = turned.run(&[]);
    assert_bad("turned", &session);
    assert!(
        session.stderr.contains("the class `0`"),
        "{}",
        session.stderr
    );
    // only test images that are used have to have a class
    let session = turned.run(&["--test-skip", "1", "--test-count", "2"]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    // the first two training images have no third class: said, not refused, because it was asked for
    let (_, answer, session) = home.kernels(&sets, &["--train-count", "2"]);
    assert!(answer["all"]["accuracy"].as_f64().unwrap() <= 0.5);
    assert!(
        session
            .stderr
            .contains("of the class 2: its 4 test images cannot be right"),
        "{}",
        session.stderr
    );
}

#[test]
fn labels_in_every_form_are_the_same_classes() {
    let home = Home::new("labels");
    let images = home.sets("x", grey);
    let wanted = home.kernels(&images, &[]).1["all"].clone();
    type Write = fn(u8) -> Vec<u8>;
    let forms: [(&str, &str, Write, usize, &str); 7] = [
        ("u1", "|u1", |c| vec![c], 1, ""),
        ("i8", "<i8", |c| i64::from(c).to_le_bytes().to_vec(), 1, ""),
        ("i4", ">i4", |c| i32::from(c).to_be_bytes().to_vec(), 1, ""),
        (
            "large",
            "<i4",
            |c| (i32::from(c) * 1000 - 1000).to_le_bytes().to_vec(),
            1,
            "",
        ),
        (
            "f8",
            "<f8",
            |c| f64::from(c).to_le_bytes().to_vec(),
            1,
            "float64 are read as classes",
        ),
        (
            "hot",
            "|u1",
            |c| (0..3).map(|k| u8::from(k == c)).collect(),
            3,
            "one-hot labels",
        ),
        (
            "hotter",
            "<f4",
            |c| {
                (0..3)
                    .flat_map(|k| f32::from(u8::from(k == c)).to_le_bytes())
                    .collect()
            },
            3,
            "one-hot labels",
        ),
    ];
    for (name, kind, write, width, note) in forms {
        let labels = [TRAIN, TEST].map(|n| {
            let data: Vec<u8> = classes(n).into_iter().flat_map(write).collect();
            let sizes = if width == 1 { vec![n] } else { vec![n, width] };
            home.write(&format!("{name}-{n}.npy"), &npy(kind, false, &sizes, &data))
        });
        let sets = Sets {
            labels: Some(labels),
            ..images.clone()
        };
        let (_, answer, session) = home.kernels(&sets, &[]);
        assert_eq!(answer["all"], wanted, "{name}");
        assert!(session.stderr.contains(note), "{name}: {}", session.stderr);
    }
    // two classes as signs and as bools, against zeros and ones
    let two = |kind: &str, yes: u8, no: u8| {
        let labels = [TRAIN, TEST].map(|n| {
            let data: Vec<u8> = classes(n)
                .iter()
                .map(|c| if *c == 0 { yes } else { no })
                .collect();
            home.write(&format!("two-{n}"), &npy(kind, false, &[n], &data))
        });
        let sets = Sets {
            labels: Some(labels),
            ..images.clone()
        };
        let (_, answer, session) = home.kernels(&sets, &[]);
        (answer["all"].clone(), session.stderr)
    };
    let (wanted, _) = two("|u1", 1, 0);
    // -1 as a byte
    for (kind, yes, no, note) in [
        ("|i1", 1, 255, "-1 and +1 are read as two"),
        ("|b1", 1, 0, "False and True"),
    ] {
        let (all, said) = two(kind, yes, no);
        assert_eq!(all, wanted);
        assert!(said.contains(note), "{said}");
    }
    // rows have the same reader
    let x = home.write(
        "rows.npy",
        &npy("|u1", false, &[4, 2], &[1, 9, 9, 1, 2, 8, 7, 2]),
    );
    let y = home.write("signs.npy", &npy("|i1", false, &[4], &[1, 255, 1, 255]));
    let line = [
        "evaluate",
        "--data",
        &x,
        "--label",
        &y,
        "--activation",
        "relu",
        "--depth",
        "2",
    ];
    let session = deeplimit(&line);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
}

#[test]
fn the_same_images_in_both_sets_are_noticed() {
    let home = Home::new("repeats");
    let all = home.sets("x", grey);
    let itself = |count: usize, skip: &[&str]| {
        let sets = Sets {
            test: all.train.clone(),
            labels: all.labels.clone().map(|[y, _]| [y.clone(), y]),
            ..all.clone()
        };
        let count = count.to_string();
        home.kernels(&sets, &[&["--train-count", &count][..], skip].concat())
    };
    let (_, answer, session) = itself(TRAIN, &[]);
    assert_eq!(answer["read"]["repeats"]["equal"], TRAIN);
    assert!(
        session
            .stderr
            .contains("12 of the 12 test images are training images too"),
        "{}",
        session.stderr
    );
    let (_, answer, session) = itself(9, &["--test-skip", "9"]);
    assert_eq!(answer["read"]["repeats"]["equal"], 0);
    assert_eq!(answer["all"]["count"], 3);
    assert!(
        !session.stderr.contains("training images too"),
        "{}",
        session.stderr
    );
    let session = all.run(&["--test-skip", "9"]);
    assert_bad("test-skip", &session);
    assert!(
        session
            .stderr
            .contains("9 images; 1 are asked for after the first 9"),
        "{}",
        session.stderr
    );
    // one grey level in one pixel
    let mut near = pictures()[0].clone();
    near[4][7] ^= 1;
    let near = home.write("near", &grey(&near));
    let sets = Sets {
        test: near,
        labels: all.labels.clone().map(|[y, _]| [y.clone(), y]),
        ..all
    };
    let (_, answer, session) = home.kernels(&sets, &[]);
    assert_eq!(answer["read"]["repeats"]["equal"], TRAIN - 1);
    assert_eq!(answer["read"]["repeats"]["near"], 1);
    assert!(
        session.stderr.contains("1 more up to a grey level"),
        "{}",
        session.stderr
    );
}

/// Nothing is written among a user's files.
#[test]
fn kernels_are_not_written_among_other_files() {
    let home = Home::new("out");
    let six = SIDE as u32;
    let sets = home.folders("pets", Some(["bird", "cat", "dog"]), |p| {
        png(six, six, 0, 8, &[], p)
    });
    home.write("notes/todo.txt", b"mine");
    home.write(
        "their.zarr/zarr.json",
        b"{\"zarr_format\": 3, \"node_type\": \"group\", \"attributes\": {}}",
    );
    for out in [
        &sets.train,
        &home.path("pets"),
        &home.path("notes"),
        &home.path("their.zarr"),
    ] {
        let names = || {
            let mut names: Vec<_> = fs::read_dir(out)
                .unwrap()
                .map(|e| e.unwrap().file_name())
                .collect();
            names.sort();
            names
        };
        let before = names();
        let session = sets.run(&["--out", out]);
        assert_bad(out, &session);
        assert!(
            session.stderr.contains("a folder of something else"),
            "{}",
            session.stderr
        );
        assert_eq!(names(), before);
        if out.ends_with(".zarr") {
            let data = home.write("x.csv", b"1,2\n3,4\n");
            let line = [
                "gram",
                "--data",
                &data,
                "--activation",
                "relu",
                "--depth",
                "1",
                "--force",
                "--out",
                out,
            ];
            let session = deeplimit(&line);
            assert_bad(out, &session);
            assert_eq!(names(), before);
        }
    }
    fs::create_dir(home.0.join("empty")).unwrap();
    let session = sets.run(&["--out", &home.path("empty")]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
}

#[test]
fn what_is_said_of_infinite_depth_is_said_of_this_kernel() {
    let home = Home::new("depth");
    let sets = home.sets("x", grey);
    let said = |more: &[&str]| {
        let session = sets.run(more);
        assert_eq!(session.code, Some(0), "{}", session.stderr);
        on_one_line(&session.stderr)
    };
    let words = said(&[]);
    assert!(
        words.contains("pixels are alike: majority vote (edge of chaos"),
        "{words}"
    );
    let words = said(&["--kernel", "nngp"]);
    assert!(
        words.contains("pixels are alike: the correlation (NNGP) of any two images tends to 1"),
        "{words}"
    );
    assert!(!words.contains("majority"), "{words}");
    for more in [
        &["--bias", "0.1"][..],
        &["--bias", "0.1", "--kernel", "nngp"],
    ] {
        let words = said(more);
        assert!(
            words.contains("Nothing is claimed of infinite depth with a bias."),
            "{words}"
        );
        assert!(
            !words.contains("majority") && !words.contains("alike"),
            "{words}"
        );
    }
    // the variance matters where the activation is not a x + b |x|
    let words = said(&["--activation", "erf(x)"]);
    assert!(
        words.contains("alike and have variance 1: singular kernel"),
        "{words}"
    );
    let (_, answer, _) = home.kernels(&sets, &["--bias", "0.1"]);
    assert_eq!(answer["regime"], Json::Null);
    assert_eq!(answer["border_factor"], Json::Null);
    let (_, answer, _) = home.kernels(&sets, &[]);
    assert_eq!(answer["regime"], "majority");
}

/// Every file is refused in one sentence, with code 2, and no kernel is begun.
#[test]
fn broken_pictures_are_refused_in_one_sentence() {
    let home = Home::new("broken");
    let good = home.sets("good", grey);
    let six = SIDE as u32;
    let one = picture(0);
    let plain = png(six, six, 0, 8, &[], &one);
    let refused = |name: &str, train: &str, labels: Option<&str>, words: &[&str]| {
        let y = good.labels.clone().unwrap();
        let mut line = vec![
            "cntk",
            "--layers",
            "2",
            "--readout",
            "gap",
            "--train",
            train,
        ];
        line.extend(["--test", &good.test, "--test-labels", &y[1]]);
        line.extend(labels.map(|l| ["--train-labels", l]).into_iter().flatten());
        let session = deeplimit(&line);
        assert_bad(name, &session);
        for word in words {
            assert!(session.stderr.contains(word), "{name}: {}", session.stderr);
        }
    };
    let folder = |name: &str, files: &[(&str, &[u8])], words: &[&str]| {
        fs::create_dir_all(home.0.join(name)).unwrap();
        for (file, bytes) in files {
            home.write(&format!("{name}/{file}"), bytes);
        }
        refused(name, &home.path(name), None, words);
    };
    folder("empty", &[], &["empty holds no .png file"]);
    folder(
        "hidden",
        &[(".1.png", &plain), ("Thumbs.db", b"x")],
        &["holds no .png file"],
    );
    folder(
        "unlabelled",
        &[("1.png", &plain)],
        &["has no labels", "--train-labels"],
    );
    folder(
        "cut",
        &[("a/1.png", &plain[..plain.len() / 2])],
        &["a/1.png", "truncated"],
    );
    folder(
        "headless",
        &[("a/1.png", &plain[..20])],
        &["a/1.png", "truncated"],
    );
    let mut wrong = plain.clone();
    let end = wrong.len() - 20;
    wrong[end] ^= 0x10;
    folder("damaged", &[("a/1.png", &wrong)], &["a/1.png", "damaged"]);
    folder(
        "text",
        &[("a/1.png", b"not a picture")],
        &["a/1.png: this is no PNG"],
    );
    folder(
        "renamed",
        &[("a/1.png", b"\xff\xd8\xff\xe0\x00\x10JFIF")],
        &["this is no PNG, but a JPEG"],
    );
    folder(
        "jpeg",
        &[("a/1.png", &plain), ("a/2.JPG", b"\xff\xd8\xff")],
        &["a/2.JPG is a picture, but no PNG"],
    );
    folder(
        "none",
        &[("a/1.png", &plain), ("b/notes.txt", b"x")],
        &["/b holds no .png file"],
    );
    folder(
        "beside",
        &[("a/1.png", &plain), ("2.png", &plain)],
        &["2.png", "beside folders"],
    );
    folder(
        "deeper",
        &[("a/1.png", &plain), ("a/b/2.png", &plain)],
        &["a/b is a folder inside the class a"],
    );
    let small = png(3, 6, 0, 8, &[], &one[..18]);
    folder(
        "sizes",
        &[("a/1.png", &plain), ("a/2.png", &small)],
        &["2.png is 6 x 3 x 1", "1.png is 6 x 6 x 1"],
    );
    let rgb: Vec<u8> = one.iter().flat_map(|p| [*p; 3]).collect();
    folder(
        "mixed",
        &[
            ("a/1.png", &plain),
            ("a/2.png", &png(six, six, 2, 8, &[], &rgb)),
        ],
        &["6 x 6 x 3"],
    );
    let clear: Vec<u8> = one
        .iter()
        .enumerate()
        .flat_map(|(n, p)| [*p, if n == 8 { 254 } else { 255 }])
        .collect();
    folder(
        "clear",
        &[("a/1.png", &png(six, six, 4, 8, &[], &clear))],
        &["row 1, column 2", "transparent"],
    );
    let key = [(*b"tRNS", &[0, one[0]][..])];
    folder(
        "key",
        &[("a/1.png", &png(six, six, 0, 8, &key, &one))],
        &["row 0, column 0", "transparent"],
    );
    folder(
        "palette",
        &[("a/1.png", &png(six, six, 3, 8, &[], &one))],
        &["a/1.png", "damaged"],
    );
    // a header of 60,000 x 60,000 pixels before a few bytes
    folder(
        "liar",
        &[("a/1.png", &png(60_000, 60_000, 0, 8, &[], &one))],
        &["a/1.png"],
    );
    let animated = [(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0][..])];
    folder(
        "animated",
        &[("a/1.png", &png(six, six, 0, 8, &animated, &one))],
        &["an animation of 2 pictures"],
    );

    let y = good.labels.clone().unwrap()[0].clone();
    let data = pictures()[0].concat();
    let file = |name: &str, bytes: &[u8], words: &[&str]| {
        let path = home.write(name, bytes);
        refused(name, &path, Some(&y), &[&[name][..], words].concat());
    };
    let shaped = |sizes: &[usize], count: usize| npy("|u1", false, sizes, &data[..count]);
    file("five.npy", &shaped(&[1, 3, 2, 6, 6], 216), &["5 sizes"]);
    file(
        "flat.npy",
        &shaped(&[12, 36], 432),
        &["12 x 36 is rows of numbers"],
    );
    file("torch.npy", &shaped(&[4, 3, 6, 6], 432), &["--layout nchw"]);
    file("many.npy", &shaped(&[2, 6, 6, 6], 432), &["6 channels"]);
    file("single.npy", &shaped(&[12, 12, 3], 432), &["one picture"]);
    file(
        "zero.npy",
        &shaped(&[0, 6, 6], 0),
        &["no numbers", "0 x 6 x 6"],
    );
    file(
        "short.npy",
        &shaped(&[13, 6, 6], 432),
        &["truncated", "468 bytes, 432 bytes"],
    );
    file("long.npy", &shaped(&[11, 6, 6], 432), &["too long"]);
    file(
        "complex.npy",
        &npy("<c8", false, &[3, 6, 6], &[0; 864]),
        &["complex"],
    );
    file(
        "object.npy",
        &npy("|O", false, &[3, 6, 6], &[0; 864]),
        &["Python objects"],
    );
    let mut nan = vec![0; 8 * SIZE];
    nan[8..16].copy_from_slice(&f64::NAN.to_le_bytes());
    file(
        "nan.npy",
        &npy("<f8", false, &[1, 6, 6], &nan),
        &["[0, 0, 1] is NaN"],
    );
    let exact = ((1_u64 << 53) + 1).to_le_bytes().repeat(SIZE);
    file(
        "exact.npy",
        &npy("<u8", false, &[1, 6, 6], &exact),
        &["9007199254740993, which no double holds"],
    );
    file("none.npy", b"P5 6 6 255", &["no .npy file"]);
    file("magic-idx", &idx(7, &[12, 6, 6], &data), &["0x07"]);
    file(
        "short-idx",
        &idx(8, &[12, 6, 6], &data[1..]),
        &["431 bytes behind its header", "truncated"],
    );
    file("labels-idx", &idx(8, &[432], &data), &["1 sizes"]);
    file(
        "data_batch_1",
        b"\x80\x02}q\x01(U\x0bbatch_label",
        &["Python pickle", "data_batch_1.bin"],
    );
    file(
        "images.npz",
        b"PK\x03\x04\x14\x00\x00\x00",
        &["zip archive", "numpy.save"],
    );
    file(
        "cut.gz",
        &gzip(&idx(8, &[12, 6, 6], &data))[..100],
        &["gzip file is truncated"],
    );
    file("one.png", &plain, &["name the folder"]);

    // CIFAR
    let binary = |name: &str, bytes: &[u8], words: &[&str]| {
        let path = home.write(name, bytes);
        refused(name, &path, None, &[&[name][..], words].concat());
    };
    binary("cifar.bin", &[1; 3072], &["3072 bytes"]);
    binary("cifar100.bin", &[1; 3074], &["CIFAR-100"]);
    binary("pickled.bin", b"\x80\x02}q\x01", &["Python pickle"]);
    binary("label.bin", &[10; 3073], &["record 0", "label 10"]);

    // labels
    let labels = |name: &str, bytes: &[u8], words: &[&str]| {
        let path = home.write(name, bytes);
        refused(
            name,
            &good.train,
            Some(&path),
            &[&[name][..], words].concat(),
        );
    };
    labels(
        "y-short",
        &idx(8, &[11], &classes(11)),
        &["11 labels", "12 images"],
    );
    labels(
        "y-half.npy",
        &npy("<f8", false, &[12], &0.5_f64.to_le_bytes().repeat(12)),
        &["[0] is 0.5"],
    );
    labels(
        "y-cold.npy",
        &npy("|u1", false, &[12, 3], &[0; 36]),
        &["row [0]", "not one-hot"],
    );
    labels(
        "y-text.npy",
        &npy("<U4", false, &[12], &[0; 192]),
        &["`<U4` (text)"],
    );
    labels("y.csv", b"0\n1\n2\n", &["no .npy file and no idx file"]);
    let inside = home.folders("inside", Some(["bird", "cat", "dog"]), |p| {
        png(six, six, 0, 8, &[], p)
    });
    refused("twice", &inside.train, Some(&y), &["has its labels inside"]);
    refused(
        "numbers",
        &inside.train,
        None,
        &["the class `0`", "(bird, cat, dog)"],
    );
}

/// Pictures of a folder come in the order of their names as text, which is said where numbers in them would say otherwise.
#[test]
fn the_order_of_a_flat_folder_is_said() {
    let home = Home::new("order");
    let six = SIDE as u32;
    for n in 0..TRAIN {
        home.write(
            &format!("flat/{n}.png"),
            &png(six, six, 0, 8, &[], &picture(n)),
        );
        home.write(
            &format!("padded/{n:02}.png"),
            &png(six, six, 0, 8, &[], &picture(n)),
        );
    }
    // as text: 0, 1, 10, 11, 2, ...
    let mut order: Vec<usize> = (0..TRAIN).collect();
    order.sort_by_key(usize::to_string);
    let labels: Vec<u8> = order.iter().map(|n| (n % 3) as u8).collect();
    let good = home.sets("good", grey);
    let [plain, test] = good.labels.clone().unwrap();
    let run = |train: &str, y: String| {
        let sets = Sets {
            train: home.path(train),
            test: good.test.clone(),
            labels: Some([y, test.clone()]),
        };
        let (_, answer, session) = home.kernels(&sets, &[]);
        (answer["all"]["accuracy"].as_f64().unwrap(), session.stderr)
    };
    let (accuracy, said) = run("flat", home.write("y-text", &idx(8, &[TRAIN], &labels)));
    assert_eq!(accuracy, 1.0);
    assert!(
        said.contains("names as text: 11.png comes before 2.png"),
        "{said}"
    );
    let (accuracy, said) = run("padded", plain);
    assert_eq!(accuracy, 1.0);
    assert!(!said.contains("as text"), "{said}");
}

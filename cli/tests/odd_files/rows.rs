//! A table of files, and what must come of each.

use std::fs;

use super::{Folder, numbers, utf16};

/// What must come of a file.
enum Must<'a> {
    /// The numbers that are meant: the linear kernel of the matrix is their products.
    Read(&'a [&'a [f64]]),
    /// The same, and a note with these words.
    Noted(&'a [&'a [f64]], &'a str),
    /// One sentence with these words.
    Refused(&'a str),
}

use Must::{Noted, Read, Refused};

/// `gram` with the identity: `K(x, x') = x . x'` (lengths count).
#[test]
fn rows_are_read_as_they_are_meant() {
    let dir = Folder::new("rows");
    const TWO: &[&[f64]] = &[&[1.0, 2.0], &[3.0, 4.0]];
    let long: Vec<f64> = (0..20_000).map(|k| f64::from(k % 7)).collect();
    let words: Vec<String> = long.iter().map(f64::to_string).collect();
    let long_rows: [&[f64]; 1] = [&long];
    let long_line = format!("{}\n", words.join(","));
    let latin = b"gr\xf6\xdfe,b\n1,2\n3,4\n".to_vec();
    let mut marked = b"\xff\xfe".to_vec();
    marked.extend(utf16("a,b\n1,2\n", false));
    let mut marked_big = b"\xfe\xff".to_vec();
    marked_big.extend(utf16("a,b\n1,2\n", true));
    let cases: Vec<(&str, Vec<u8>, &str, Must)> = vec![
        ("commas", b"a,b\n1,2\n3,4\n".to_vec(), "", Read(TWO)),
        ("no header", b"1,2\n3,4\n".to_vec(), "", Read(TWO)),
        ("semicolons", b"a;b\n1;2\n3;4\n".to_vec(), "", Read(TWO)),
        ("tabs", b"a\tb\n1\t2\n3\t4\n".to_vec(), "", Read(TWO)),
        ("blanks", b"1.0e0 2\n3 4\n".to_vec(), "", Read(TWO)),
        (
            "aligned",
            b" a   b\n 1   2\n 3   4\n".to_vec(),
            "",
            Read(TWO),
        ),
        (
            "blanks after commas",
            b"a, b\n1, 2\n3, 4\n".to_vec(),
            "",
            Read(TWO),
        ),
        ("CR LF", b"a,b\r\n1,2\r\n3,4\r\n".to_vec(), "", Read(TWO)),
        ("CR", b"a,b\r1,2\r3,4\r".to_vec(), "", Read(TWO)),
        ("mixed ends", b"a,b\r\n1,2\n3,4".to_vec(), "", Read(TWO)),
        (
            "blank lines",
            b"\n\na,b\n\n1,2\n  \n3,4\n\n".to_vec(),
            "",
            Read(TWO),
        ),
        (
            "comments",
            b"# made by hand\na,b\n1,2\n# half way\n3,4\n".to_vec(),
            "",
            Noted(TWO, "2 lines that begin with #"),
        ),
        (
            "UTF-8 with a mark",
            b"\xef\xbb\xbfa,b\n1,2\n3,4\n".to_vec(),
            "",
            Read(TWO),
        ),
        (
            "a mark and no header",
            b"\xef\xbb\xbf1,2\n3,4\n".to_vec(),
            "",
            Read(TWO),
        ),
        ("UTF-8 names", "größe,ß\n1,2\n3,4\n".into(), "", Read(TWO)),
        (
            "UTF-16",
            marked,
            "",
            Refused("encoded in UTF-16: save it as UTF-8"),
        ),
        (
            "UTF-16, the other end",
            marked_big,
            "",
            Refused("encoded in UTF-16"),
        ),
        (
            "UTF-16 without a mark",
            utf16("1,2\n3,4\n", false),
            "",
            Refused("encoded in UTF-16"),
        ),
        (
            "Latin-1",
            latin,
            "",
            Refused("line 1: the byte 0xf6 is no UTF-8 (Latin-1"),
        ),
        (
            "Latin-1 further down",
            b"a,b\n1,2\n# \xe9t\xe9\n".to_vec(),
            "",
            Refused("line 3: the byte 0xe9"),
        ),
        (
            "a byte of zero",
            b"a,b\n1,2\n3,\x004\n".to_vec(),
            "",
            Refused("byte 11 is 0"),
        ),
        (
            "decimal commas",
            b"1,5;2,5\n3,5;4,5\n".to_vec(),
            "",
            Refused("line 1, column 1: `1,5` is no finite number: a point stands before decimals"),
        ),
        (
            "decimal commas and tabs",
            b"a\tb\n1,5\t2,5\n".to_vec(),
            "",
            Refused("line 2, column 1: `1,5`"),
        ),
        (
            "thousands",
            b"a,b\n\"1,234.5\",2\n".to_vec(),
            "",
            Refused("`1,234.5` is no finite number"),
        ),
        (
            "1_000",
            b"a,b\n1_000,2\n".to_vec(),
            "",
            Refused("`1_000` is no"),
        ),
        (
            "1 000",
            b"a,b\n1 000,2\n".to_vec(),
            "",
            Refused("`1 000` is no"),
        ),
        (
            "0x10",
            b"a,b\n0x10,2\n".to_vec(),
            "",
            Refused("`0x10` is no"),
        ),
        (
            "percent",
            b"a,b\n50%,2\n".to_vec(),
            "",
            Refused("`50%` is no"),
        ),
        (
            "a minus of typesetters",
            "a,b\n\u{2212}1,2\n".into(),
            "",
            Refused("line 2, column 1: `\u{2212}1` is no finite number (`a`)"),
        ),
        (
            "truth",
            b"a,b\n1,TRUE\n".to_vec(),
            "",
            Refused("column 2: `TRUE`"),
        ),
        (
            "other forms of numbers",
            b"+1,.5,5.\n1E3,-0,1e+1\n".to_vec(),
            "",
            Read(&[&[1.0, 0.5, 5.0], &[1000.0, 0.0, 10.0]]),
        ),
        (
            "quoted",
            b"\"1\",\"2\"\n\"3\",\"4\"\n".to_vec(),
            "",
            Read(TWO),
        ),
        (
            "a comma in a name",
            b"\"a,b\",c\n1,2\n3,4\n".to_vec(),
            "",
            Read(TWO),
        ),
        (
            "a quotation mark that stays open",
            b"a,b\n1,\"2\n3,4\n".to_vec(),
            "",
            Refused("line 2, column 2: a quotation mark is not closed"),
        ),
        (
            "lines are counted",
            b"# one\n\na,b\r\n\r\n1,2\r\n# six\r\n3,x\r\n".to_vec(),
            "",
            Refused("line 7, column 2: `x`"),
        ),
        (
            "two columns of one name",
            b"a,a\n1,2\n3,4\n".to_vec(),
            "",
            Noted(TWO, "several columns are called `a`"),
        ),
        (
            "one of two columns of one name",
            b"a,a,b\n1,2,3\n".to_vec(),
            "--drop a",
            Refused("columns 1 and 2 are both called `a`"),
        ),
        ("empty", b"".to_vec(), "", Refused("there are no rows")),
        (
            "blank",
            b" \n\n \n".to_vec(),
            "",
            Refused("there are no rows"),
        ),
        (
            "a header alone",
            b"a,b\n".to_vec(),
            "",
            Refused("there are no rows"),
        ),
        (
            "a comment alone",
            b"# a,b\n".to_vec(),
            "",
            Refused("there are no rows"),
        ),
        (
            "a separator at each end",
            b"a,b,\n1,2,\n3,4,\n".to_vec(),
            "",
            Noted(TWO, "column 3 left out (empty in every row)"),
        ),
        (
            "the same without a header",
            b"1;2;\n3;4;\n".to_vec(),
            "",
            Noted(TWO, "column 3 left out (empty in every row)"),
        ),
        (
            "a separator at the ends of the rows alone",
            b"a,b\n1,2,\n3,4,\n".to_vec(),
            "",
            Refused("line 2 has 3 fields, the first line has 2"),
        ),
        (
            "a row too short",
            b"a,b\n1,2\n3\n".to_vec(),
            "",
            Refused("line 3 has 1 field, the first line has 2"),
        ),
        ("one row", b"a,b\n3,4\n".to_vec(), "", Read(&[&[3.0, 4.0]])),
        (
            "one column",
            b"a\n3\n-4\n".to_vec(),
            "",
            Read(&[&[3.0], &[-4.0]]),
        ),
        ("a long line", long_line.into_bytes(), "", Read(&long_rows)),
        (
            "a gap",
            b"a,b\n1,\n3,4\n".to_vec(),
            "",
            Refused("line 2, column 2: the cell is empty"),
        ),
        (
            "a question mark",
            b"a,b\n1,?\n".to_vec(),
            "",
            Refused("`?` is no finite number but stands"),
        ),
        (
            "NA",
            b"a,b\nNA,1\n".to_vec(),
            "",
            Refused("line 2, column 1: `NA`"),
        ),
        (
            "inf",
            b"1,2\n-inf,4\n".to_vec(),
            "",
            Refused("line 2, column 1: `-inf` is no finite number"),
        ),
        (
            "too large",
            b"1,2\n1e400,4\n".to_vec(),
            "",
            Refused("`1e400` is too large for doubles"),
        ),
        (
            "too small",
            b"1,2\n1e-400,4\n".to_vec(),
            "",
            Refused("`1e-400` is too small for doubles"),
        ),
        (
            "a row of zeros",
            b"1,2\n0,0\n".to_vec(),
            "",
            Read(&[&[1.0, 2.0], &[0.0, 0.0]]),
        ),
        (
            "the index of pandas",
            b",a,b\n0,1,2\n1,3,4\n".to_vec(),
            "",
            Noted(
                TWO,
                "column 1 left out (without a name, and counts the rows)",
            ),
        ),
        (
            "the same written twice",
            b"Unnamed: 0,a,b\n0,1,2\n1,3,4\n".to_vec(),
            "",
            Noted(TWO, "`Unnamed: 0` left out"),
        ),
        (
            "the row numbers of R",
            b"\"\",\"a\",\"b\"\n\"1\",1,2\n\"2\",3,4\n".to_vec(),
            "",
            Noted(TWO, "column 1 left out (without a name"),
        ),
        (
            "an index that was shuffled",
            b",a,b\n7,1,2\n3,3,4\n".to_vec(),
            "",
            Refused("column 1 has no name: --drop 1 leaves it out"),
        ),
        (
            "the same, left out",
            b",a,b\n7,1,2\n3,3,4\n".to_vec(),
            "--drop 1",
            Read(TWO),
        ),
        (
            "the same, kept",
            b",b\n1,2\n3,4\n".to_vec(),
            "--keep 1",
            Read(TWO),
        ),
        (
            "an index with a name",
            b"id,a,b\n0,1,1\n1,1,1\n2,1,1\n3,1,1\n4,1,1\n".to_vec(),
            "",
            Noted(
                &[
                    &[0.0, 1.0, 1.0],
                    &[1.0, 1.0, 1.0],
                    &[2.0, 1.0, 1.0],
                    &[3.0, 1.0, 1.0],
                    &[4.0, 1.0, 1.0],
                ],
                "`id` counts from 0 to 4 and is a coordinate: --drop id",
            ),
        ),
        (
            "columns counted by pandas",
            b"0,1,2\n1,2,5\n".to_vec(),
            "",
            Refused("line 1 counts the columns from 0"),
        ),
        (
            "the same as a header",
            b"0,1,2\n1,2,5\n".to_vec(),
            "--header yes",
            Read(&[&[1.0, 2.0, 5.0]]),
        ),
        (
            "the same as a row",
            b"0,1,2\n1,2,5\n".to_vec(),
            "--header no",
            Read(&[&[0.0, 1.0, 2.0], &[1.0, 2.0, 5.0]]),
        ),
        (
            "a header of years",
            b"2019,2020,2021\n1,2,9\n3,4,9\n".to_vec(),
            "--drop 2021",
            Noted(TWO, "with a header; `2021` left out (--drop)"),
        ),
        (
            "a header of which half are numbers",
            b"a,2020\n1,2\n".to_vec(),
            "",
            Refused("line 1, column 1: `a` is no finite number (--header yes"),
        ),
        (
            "a column that is not there",
            b"a,b\n1,2\n".to_vec(),
            "--drop c",
            Refused("there is no column `c`: the first line is a, b"),
        ),
        (
            "a number that no column has",
            b"1,2\n3,4\n".to_vec(),
            "--drop 3",
            Refused(
                "there is no column `3`: the first line is no header, and columns are numbers from 1 to 2",
            ),
        ),
        (
            "everything left out",
            b"1,2\n3,4\n".to_vec(),
            "--drop 1,2",
            Refused("no columns of numbers"),
        ),
        // a column of targets is asked about
        (
            "label",
            b"a,label\n1,2\n".to_vec(),
            "",
            Refused("column 2 is called `label`"),
        ),
        (
            "Class",
            b"a,b,Class\n1,2,0\n".to_vec(),
            "",
            Refused("--drop Class leaves it out"),
        ),
        (
            "target",
            b"target,b\n1,2\n".to_vec(),
            "",
            Refused("--label target says"),
        ),
        (
            "y",
            b"x1,x2,y\n1,2,0\n".to_vec(),
            "",
            Refused("--keep y takes it as it is"),
        ),
        (
            "label named",
            b"a,b,label\n1,2,p\n3,4,q\n".to_vec(),
            "--label label",
            Read(TWO),
        ),
        (
            "label dropped",
            b"a,b,label\n1,2,p\n3,4,q\n".to_vec(),
            "--drop label",
            Read(TWO),
        ),
        (
            "label kept",
            b"a,label\n1,2\n3,4\n".to_vec(),
            "--keep label",
            Read(TWO),
        ),
        (
            "points of a plane",
            b"x,y\n1,2\n3,4\n".to_vec(),
            "",
            Read(TWO),
        ),
        (
            "names in a comment",
            b"# a, label\n1,2\n3,4\n".to_vec(),
            "",
            Refused("column 2 is called `label`"),
        ),
        // what is no text
        (
            "gzip",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec(),
            "",
            Refused("the gzip file is truncated"),
        ),
        (
            "bzip2",
            b"BZh91AY&SY".to_vec(),
            "",
            Refused("compressed by bzip2"),
        ),
        (
            "xz",
            b"\xfd7zXZ\x00\x00".to_vec(),
            "",
            Refused("compressed by xz"),
        ),
        (
            "a pickle",
            b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00".to_vec(),
            "",
            Refused("a Python pickle, which is not read"),
        ),
        (
            "npz",
            b"PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00!\x00arr_0.npy".to_vec(),
            "",
            Refused("a zip archive of numpy's arrays (.npz)"),
        ),
        (
            "a workbook",
            b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml".to_vec(),
            "",
            Refused("an Excel workbook"),
        ),
        (
            "a zip",
            b"PK\x03\x04\x14\x00data.csv".to_vec(),
            "",
            Refused("a zip archive"),
        ),
        (
            "Parquet",
            b"PAR1\x15\x04".to_vec(),
            "",
            Refused("Parquet, which is not read"),
        ),
        (
            "HDF5",
            b"\x89HDF\r\n\x1a\n".to_vec(),
            "",
            Refused("HDF5, which is not read"),
        ),
        (
            "a picture",
            b"\x89PNG\r\n\x1a\n".to_vec(),
            "",
            Refused("one PNG picture"),
        ),
        (
            "a pointer",
            b"version https://git-lfs.github.com/spec/v1\n".to_vec(),
            "",
            Refused("a pointer of Git LFS"),
        ),
        (
            "a page",
            b"<!DOCTYPE html>\n<html>".to_vec(),
            "",
            Refused("a page of HTML"),
        ),
        (
            "JSON",
            b"[[1,2],[3,4]]\n".to_vec(),
            "",
            Refused("JSON, which is not read"),
        ),
        (
            "JSON lines",
            b"{\"a\": 1}\n{\"a\": 2}\n".to_vec(),
            "",
            Refused("JSON, which is not read"),
        ),
        (
            "ARFF",
            b"@relation r\n@attribute a numeric\n".to_vec(),
            "",
            Refused("ARFF, which is not read"),
        ),
        (
            "LIBSVM",
            b"1 1:0.5 2:3\n0 1:1.5 2:4\n".to_vec(),
            "",
            Refused("`1:0.5` is no finite number"),
        ),
    ];
    assert!(cases.len() >= 60, "{}", cases.len());
    for (name, bytes, more, must) in cases {
        dir.write("x.csv", bytes);
        let line = format!(
            "gram --data @x.csv --activation x --kernel nngp --depth 1 --lengths keep --out @K.npy {more}"
        );
        let (rows, note) = match must {
            Refused(words) => {
                dir.refused(&line, words);
                continue;
            }
            Read(rows) => (rows, None),
            Noted(rows, note) => (rows, Some(note)),
        };
        let s = dir.run(&line);
        assert_eq!(s.code, Some(0), "{name}: {}", s.stderr);
        let plural = if rows.len() == 1 { "" } else { "s" };
        assert!(
            s.stderr.starts_with("note: ")
                && s.stderr.contains(&format!(
                    "x.csv: {} row{plural} of {} column",
                    rows.len(),
                    rows[0].len()
                )),
            "{name}: {}",
            s.stderr
        );
        if let Some(note) = note {
            assert!(s.stderr.contains(note), "{name}: {}", s.stderr);
        }
        let k = numbers(&dir.0.join("K.npy"));
        assert_eq!(k.len(), rows.len() * rows.len(), "{name}");
        for (i, x) in rows.iter().enumerate() {
            for (j, y) in rows.iter().enumerate() {
                let product: f64 = x.iter().zip(*y).map(|(a, b)| a * b).sum();
                let size: f64 = x.iter().zip(*y).map(|(a, b)| (a * b).abs()).sum();
                // the cosine and two lengths, each rounded after sums of up to 20,000 terms
                let slack = 1e-12 * size;
                assert!(
                    (k[i * rows.len() + j] - product).abs() <= slack,
                    "{name} {i} {j}"
                );
            }
        }
        fs::remove_file(dir.0.join("K.npy")).unwrap();
    }
}
